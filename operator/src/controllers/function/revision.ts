import { createHash } from 'node:crypto';
import type { FunctionSpec, ServedRevision } from '@mayfly/api';
import type { StoredCode } from '@mayfly/core';

const REVISION_LENGTH = 16;

/** The spec without the code's own text: what a served revision remembers. */
export function toConfiguration(spec: FunctionSpec): ServedRevision['configuration'] {
  const { code: _code, ...configuration } = spec;
  return configuration;
}

/**
 * Names what an execution environment is bound to: a hash of the code and of the settings that its
 * processes see. Settings that only gateways and fleet read (URL, limits, idle time, description) are
 * left out, so that changing them replaces nothing that runs.
 */
export function computeRevision(spec: FunctionSpec, codeSha256: string): string {
  const seen = {
    codeSha256,
    runtime: spec.runtime,
    handler: spec.handler,
    memorySize: spec.memorySize,
    timeout: spec.timeout,
    variables: Object.entries(spec.environment?.variables ?? {}).sort(),
    logFormat: spec.loggingConfig?.logFormat,
    initSeconds: spec.scaling?.initSeconds,
  };
  return createHash('sha256').update(JSON.stringify(seen)).digest('hex').slice(0, REVISION_LENGTH);
}

/** What invocations run once this spec is accepted. */
export function makeServedRevision(spec: FunctionSpec, code: StoredCode): ServedRevision {
  return {
    revision: computeRevision(spec, code.codeSha256),
    codeSha256: code.codeSha256,
    codeSize: code.codeSize,
    configuration: toConfiguration(spec),
  };
}
