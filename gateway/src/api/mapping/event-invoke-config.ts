import { EVENT_INVOKE_CONFIG_MODIFIED_ANNOTATION, type EventInvokeConfig } from '@mayfly/api';
import { LATEST, LambdaError } from '@mayfly/lambda-api';
import type {
  FunctionEventInvokeConfig,
  PutFunctionEventInvokeConfigRequest,
} from '@mayfly/lambda-api/contract';
import {
  changeQualifiedHolder,
  findQualifiedHolder,
  type QualifiedHolder,
} from '../objects/qualified-holder.ts';
import type { ApiCall } from '../operation.ts';
import { readReference, type FunctionRequest } from '../references.ts';
import { invalid } from '../invalid.ts';
import { withoutAbsent } from './without-absent.ts';

/** What a request names. */
export interface ConfigTarget extends FunctionRequest {
  /** With the qualifier, which is `$LATEST` when the request says none. */
  readonly qualifiedArn: string;
  /** Undefined: there is no such function, version or alias. */
  readonly holder: QualifiedHolder | undefined;
}

type ConfigInput = Pick<PutFunctionEventInvokeConfigRequest, 'FunctionName' | 'Qualifier'>;
type Settings = Omit<PutFunctionEventInvokeConfigRequest, keyof ConfigInput>;

/** Finds what a request names; a function is meant as it is now. */
export function findConfigTarget(input: ConfigInput, call: ApiCall): ConfigTarget {
  const request = readReference(input, call.site);
  const { functionArn, qualifier = LATEST } = request;
  const holder = findQualifiedHolder(request, call);
  return { ...request, qualifiedArn: `${functionArn}:${qualifier}`, holder };
}

/** @throws LambdaError `ResourceNotFoundException` when there is no such function, version or alias */
export function requireConfigTarget(
  input: ConfigInput,
  call: ApiCall,
): ConfigTarget & { readonly holder: QualifiedHolder } {
  const target = findConfigTarget(input, call);
  const { holder } = target;
  if (holder === undefined) throw noFunction();
  return { ...target, holder };
}

/** AWS's answer of these operations for a function, version or alias that is not there. */
export function noFunction(): LambdaError {
  return new LambdaError('ResourceNotFoundException', "The function doesn't exist.");
}

/** AWS's answer for one that has no configuration, or is not there. */
export function noConfig({ qualifiedArn }: ConfigTarget): LambdaError {
  return new LambdaError(
    'ResourceNotFoundException',
    `The function ${qualifiedArn} doesn't have an EventInvokeConfig`,
  );
}

/** @throws LambdaError `InvalidParameterValueException` when a request asks for nothing */
export function requireSettings({
  MaximumRetryAttempts,
  MaximumEventAgeInSeconds,
  DestinationConfig,
}: Settings): void {
  if ((MaximumRetryAttempts ?? MaximumEventAgeInSeconds ?? DestinationConfig) !== undefined) return;
  throw invalid('You must specify at least one of error handling or destination setting.');
}

/** A configuration with what a request says; of destinations it says both or none. */
export function applyConfig(
  before: EventInvokeConfig,
  { MaximumRetryAttempts, MaximumEventAgeInSeconds, DestinationConfig }: Settings,
): EventInvokeConfig {
  const { onSuccess, onFailure, ...rest } = before;
  const success = DestinationConfig?.OnSuccess?.Destination ?? '';
  const failure = DestinationConfig?.OnFailure?.Destination ?? '';
  const destinations =
    DestinationConfig === undefined
      ? { onSuccess, onFailure }
      : {
          onSuccess: success === '' ? undefined : { destination: success },
          onFailure: failure === '' ? undefined : { destination: failure },
        };
  const said = {
    ...destinations,
    maximumRetryAttempts: MaximumRetryAttempts,
    maximumEventAgeInSeconds: MaximumEventAgeInSeconds,
  };
  return { ...rest, ...withoutAbsent(said) };
}

/** The configuration as the API says it. */
export function toEventInvokeConfig(
  qualifiedArn: string,
  { metadata }: Pick<QualifiedHolder, 'metadata'>,
  config: EventInvokeConfig,
): FunctionEventInvokeConfig {
  const modified = metadata.annotations?.[EVENT_INVOKE_CONFIG_MODIFIED_ANNOTATION];
  const { maximumRetryAttempts, maximumEventAgeInSeconds, onSuccess, onFailure } = config;
  return {
    // One that came with a manifest is as old as its object, as far as we know.
    LastModified: new Date(modified ?? metadata.creationTimestamp),
    FunctionArn: qualifiedArn,
    MaximumRetryAttempts: maximumRetryAttempts,
    MaximumEventAgeInSeconds: maximumEventAgeInSeconds,
    DestinationConfig: {
      OnSuccess: { Destination: onSuccess?.destination },
      OnFailure: { Destination: onFailure?.destination },
    },
  };
}

/**
 * Writes a configuration, made of the one that there is when it is written; undefined takes it away.
 * @throws LambdaError what `change` throws
 */
export async function changeEventInvokeConfig(
  { holder }: { readonly holder: QualifiedHolder },
  change: (before: EventInvokeConfig | undefined) => EventInvokeConfig | undefined,
  call: ApiCall,
): Promise<QualifiedHolder> {
  const modified = new Date(call.clock.now()).toISOString();
  const apply = <H extends QualifiedHolder>(holder: H): H => {
    const { eventInvokeConfig: before, ...rest } = holder.spec;
    const after = change(before);
    const { [EVENT_INVOKE_CONFIG_MODIFIED_ANNOTATION]: _before, ...others } =
      holder.metadata.annotations ?? {};
    const stamp =
      after === undefined ? {} : { [EVENT_INVOKE_CONFIG_MODIFIED_ANNOTATION]: modified };
    return {
      ...holder,
      metadata: { ...holder.metadata, annotations: { ...others, ...stamp } },
      spec: after === undefined ? rest : { ...rest, eventInvokeConfig: after },
    };
  };
  return changeQualifiedHolder(holder, { notFound: noFunction, change: apply }, call);
}
