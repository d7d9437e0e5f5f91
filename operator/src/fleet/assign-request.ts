import type { AssignRequest, FleetMember } from '@mayfly/core';
import { LIMITS } from '@mayfly/lambda-api';
import type { RevisionEntry } from './function-book.ts';

/** Where functions live in ARNs. */
export interface FleetIdentity {
  readonly region: string;
  readonly accountId: string;
}

/** What binds an execution environment to a revision of a function. */
export function makeAssignRequest(
  {
    executionEnvironmentId,
    isProvisioned,
  }: Pick<FleetMember, 'executionEnvironmentId' | 'isProvisioned'>,
  { namespace, functionName, revision, version, served }: RevisionEntry,
  identity: FleetIdentity,
): AssignRequest {
  const { configuration, codeSha256, codeSize, layers, image } = served;
  return {
    executionEnvironmentId,
    key: { namespace, functionName, revision },
    functionName,
    version,
    region: identity.region,
    accountId: identity.accountId,
    runtime: configuration.runtime,
    handler: configuration.handler,
    memorySizeMb: configuration.memorySize,
    timeoutMs: configuration.timeout * 1000,
    initTimeoutMs: initTimeoutOf(configuration, isProvisioned),
    initializationType: isProvisioned ? 'provisioned-concurrency' : 'on-demand',
    environmentVariables: configuration.environment?.variables ?? {},
    ...toLogging(configuration.loggingConfig),
    codeSha256,
    codeSize,
    layers,
    image,
    configuration,
  };
}

/** Levels are for JSON only, as in Lambda. */
function toLogging(
  logging: RevisionEntry['served']['configuration']['loggingConfig'],
): Pick<AssignRequest, 'logFormat' | 'logGroup' | 'applicationLogLevel'> {
  const { logFormat = 'Text', logGroup, applicationLogLevel } = logging ?? {};
  return logFormat === 'JSON'
    ? { logFormat, logGroup, applicationLogLevel }
    : { logFormat, logGroup };
}

/** Milliseconds that the init phase may take: ahead of invocations, 130 s or the function's timeout if that is longer. */
export function initTimeoutOf(
  { scaling, timeout }: RevisionEntry['served']['configuration'],
  isProvisioned: boolean,
): number {
  if (isProvisioned) return Math.max(LIMITS.provisionedInitTimeoutMs, timeout * 1000);
  return scaling === undefined ? LIMITS.initTimeoutMs : scaling.initSeconds * 1000;
}
