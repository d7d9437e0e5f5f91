import {
  API_VERSION,
  type AliasResource,
  type AliasRouting,
  type VersionResource,
} from '@mayfly/api';
import { aServedFunction } from './served-function.ts';

function metadataOf(
  name: string,
  creationTimestamp = '2026-01-01T00:00:00Z',
): AliasResource['metadata'] {
  return {
    name,
    namespace: 'default',
    uid: `uid-of-${name}`,
    resourceVersion: '1',
    generation: 1,
    creationTimestamp,
  };
}

/** How a Version differs from the default. */
export interface VersionOptions {
  /** Undefined: not published yet. */
  readonly version?: number;
  readonly revision?: string;
  readonly creationTimestamp?: string;
}

/** A Version of `hello`. */
export function aVersion(name: string, options: VersionOptions = {}): VersionResource {
  const { version, revision = 'r1', creationTimestamp } = options;
  const { served } = aServedFunction({ revision }).status ?? {};
  const spec = { functionName: 'hello', description: '' };
  return {
    apiVersion: API_VERSION,
    kind: 'Version',
    metadata: metadataOf(name, creationTimestamp),
    spec:
      version === undefined || served === undefined ? spec : { ...spec, version, snapshot: served },
    status: { observedGeneration: 1, conditions: [] },
  };
}

/** An Alias `live` of `hello` that the operator has found good. */
export function anAlias(routing: AliasRouting, generation = 1): AliasResource {
  const { functionVersion } = routing;
  return {
    apiVersion: API_VERSION,
    kind: 'Alias',
    metadata: { ...metadataOf('hello-live'), generation },
    spec: { functionName: 'hello', name: 'live', functionVersion, description: '' },
    status: { observedGeneration: generation, routing, conditions: [] },
  };
}
