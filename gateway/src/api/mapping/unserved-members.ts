import type { CreateFunctionRequest } from '@mayfly/lambda-api/contract';
import { invalid } from '../invalid.ts';

/** Members that ask for something that is not there. Their defaults, which tools write, ask for nothing. */
type Settings = {
  readonly [M in Exclude<keyof CreateFunctionRequest, 'FunctionName' | 'Code'>]?:
    CreateFunctionRequest[M] | undefined;
};

interface UnservedMember {
  readonly name: keyof Settings;
  readonly isAsked: (settings: Settings) => boolean;
  readonly instead: string;
}

const UNSERVED: readonly UnservedMember[] = [
  {
    name: 'VpcConfig',
    isAsked: ({ VpcConfig: { SubnetIds = [], SecurityGroupIds = [] } = {} }) =>
      SubnetIds.length + SecurityGroupIds.length > 0,
    instead: 'functions use the network of their pod or machine',
  },
  {
    name: 'DeadLetterConfig',
    isAsked: ({ DeadLetterConfig }) => (DeadLetterConfig?.TargetArn ?? '') !== '',
    instead: 'asynchronous invocation is not there yet',
  },
  {
    name: 'KMSKeyArn',
    isAsked: ({ KMSKeyArn = '' }) => KMSKeyArn !== '',
    instead: 'variables are kept as the store keeps them; use environment.from for Secrets',
  },
  {
    name: 'TracingConfig',
    isAsked: ({ TracingConfig }) => TracingConfig?.Mode === 'Active',
    instead: 'trace ids are passed on, segments are not recorded; use Mode PassThrough',
  },
  {
    name: 'FileSystemConfigs',
    isAsked: ({ FileSystemConfigs = [] }) => FileSystemConfigs.length > 0,
    instead: 'in a cluster, mount volumes by podTemplate of the Function',
  },
  {
    name: 'SnapStart',
    isAsked: ({ SnapStart }) => SnapStart?.ApplyOn === 'PublishedVersions',
    instead: 'every execution environment runs init; use provisioned concurrency',
  },
  {
    name: 'CapacityProviderConfig',
    isAsked: ({ CapacityProviderConfig }) => CapacityProviderConfig !== undefined,
    instead: 'functions run where their cluster runs',
  },
  {
    name: 'DurableConfig',
    isAsked: ({ DurableConfig }) => DurableConfig !== undefined,
    instead: 'there are no durable executions',
  },
  {
    name: 'TenancyConfig',
    isAsked: ({ TenancyConfig }) => TenancyConfig !== undefined,
    instead: 'give each tenant a function',
  },
  {
    name: 'PublishTo',
    isAsked: ({ PublishTo }) => PublishTo !== undefined,
    instead: 'use Publish',
  },
];

/** What CreateFunction and UpdateFunctionConfiguration miss, for the table of docs/compatibility.md. */
export const UNSERVED_MEMBERS = `refused by name, but for their defaults: ${UNSERVED.map(({ name }) => `\`${name}\``).join(', ')}`;

/**
 * Nothing that is asked for is dropped in silence.
 * @throws LambdaError `InvalidParameterValueException` that names the member
 */
export function refuseUnservedMembers(settings: Settings): void {
  const unserved = UNSERVED.find(({ isAsked }) => isAsked(settings));
  if (unserved === undefined) return;
  throw invalid(`${unserved.name} is not served by Mayfly: ${unserved.instead}.`);
}
