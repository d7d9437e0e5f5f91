import type { AssignRequest } from '@mayfly/core';
import { LIMITS } from '@mayfly/lambda-api';
import type { FunctionEntry } from './function-book.ts';

/** Where functions live in ARNs. */
export interface FleetIdentity {
  readonly region: string;
  readonly accountId: string;
}

/** What binds an execution environment to the served revision of a function. */
export function makeAssignRequest(
  executionEnvironmentId: string,
  { namespace, functionName, served }: FunctionEntry,
  identity: FleetIdentity,
): AssignRequest {
  const { configuration, codeSha256, codeSize, image, revision } = served;
  return {
    executionEnvironmentId,
    key: { namespace, functionName, revision },
    functionName,
    version: '$LATEST',
    region: identity.region,
    accountId: identity.accountId,
    runtime: configuration.runtime,
    handler: configuration.handler,
    memorySizeMb: configuration.memorySize,
    timeoutMs: configuration.timeout * 1000,
    initTimeoutMs: initTimeoutOf(configuration),
    initializationType: 'on-demand',
    environmentVariables: configuration.environment?.variables ?? {},
    logFormat: configuration.loggingConfig?.logFormat ?? 'Text',
    codeSha256,
    codeSize,
    image,
    configuration,
  };
}

/** Milliseconds that the init phase may take. */
export function initTimeoutOf({ scaling }: FunctionEntry['served']['configuration']): number {
  return scaling === undefined ? LIMITS.initTimeoutMs : scaling.initSeconds * 1000;
}
