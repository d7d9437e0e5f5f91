import { createHash } from 'node:crypto';
import type { FunctionSpec, ServedLayer, ServedRevision } from '@mayfly/api';
import type { ResolvedCode } from '@mayfly/core';

const REVISION_LENGTH = 16;

/** The spec without the code's own text, what is asked of its signature, who may call, what becomes of events, and how it is published: what a served revision remembers. */
export function toConfiguration(spec: FunctionSpec): ServedRevision['configuration'] {
  const {
    code: _code,
    codeSigningConfigArn: _codeSigningConfigArn,
    permissions: _permissions,
    eventInvokeConfig: _eventInvokeConfig,
    publish: _publish,
    versionHistoryLimit: _limit,
    ...configuration
  } = spec;
  return configuration;
}

/**
 * Settings that only gateways and the fleet read, besides a few inside of `scaling` and `loggingConfig`: to
 * change them replaces nothing that runs. What is not named here makes a new revision.
 */
const UNSEEN_SETTINGS = new Set([
  'functionName',
  'description',
  'role',
  'tags',
  'url',
  'reservedConcurrentExecutions',
  'recursiveLoop',
  'runtimeManagement',
]);

/**
 * Names what an execution environment is bound to: a hash of the code and of the settings that its processes
 * see or its pod is made of.
 */
export function computeRevision(
  spec: FunctionSpec,
  { codeSha256, image }: Pick<ResolvedCode, 'codeSha256' | 'image'>,
  layers: readonly ServedLayer[] = [],
): string {
  // Of layers the archives count: an empty list is none.
  const { scaling, loggingConfig, layers: _arns, ...settings } = toConfiguration(spec);
  const seen = Object.entries(settings).filter(([name]) => !UNSEEN_SETTINGS.has(name));
  const text = JSON.stringify(
    sortKeys({
      ...Object.fromEntries(seen),
      codeSha256,
      image,
      layers: layers.length === 0 ? undefined : layers,
      ...toSeenLogging(loggingConfig),
      initSeconds: scaling?.initSeconds,
    }),
  );
  return createHash('sha256').update(text).digest('hex').slice(0, REVISION_LENGTH);
}

/** What the processes see of how they log. */
function toSeenLogging(logging: FunctionSpec['loggingConfig']): Pick<
  NonNullable<FunctionSpec['loggingConfig']>,
  'logGroup' | 'applicationLogLevel'
> & {
  readonly logFormat: string | undefined;
} {
  const { logFormat, logGroup, applicationLogLevel } = logging ?? {};
  return { logFormat, logGroup, applicationLogLevel };
}

/** The same for the same settings, in whatever order they were written. Lists keep theirs. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]));
}

/** What invocations run once this spec is accepted. */
export function makeServedRevision(
  spec: FunctionSpec,
  code: ResolvedCode,
  layers: readonly ServedLayer[] = [],
): ServedRevision {
  const { image, codeSource } = code;
  return {
    revision: computeRevision(spec, code, layers),
    codeSha256: code.codeSha256,
    codeSize: code.codeSize,
    ...(image === undefined ? {} : { image }),
    ...(codeSource === undefined ? {} : { codeSource }),
    ...(layers.length === 0 ? {} : { layers: [...layers] }),
    configuration: toConfiguration(spec),
  };
}
