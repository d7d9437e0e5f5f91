import { API_VERSION, FunctionSpec } from '@mayfly/api';
import type { FunctionResource, FunctionStatus, ObjectMeta } from '@mayfly/api';
import { metadataOf } from './object-meta.ts';

/** What a test cares about; the rest is filled in. */
export interface FunctionOverrides {
  readonly metadata?: Partial<ObjectMeta>;
  readonly spec?: Partial<FunctionSpec>;
  readonly status?: FunctionStatus;
}

const DEFAULT_SPEC = {
  runtime: 'nodejs24.x',
  handler: 'index.handler',
  code: { inline: 'export const handler = async (event) => event;' },
};

/** A valid Function `default/hello` with every default of the schema. */
export function aFunction(overrides: FunctionOverrides = {}): FunctionResource {
  const name = overrides.metadata?.name ?? 'hello';
  return {
    apiVersion: API_VERSION,
    kind: 'Function',
    metadata: metadataOf(name, overrides.metadata),
    spec: FunctionSpec.parse({ ...DEFAULT_SPEC, ...overrides.spec }),
    ...(overrides.status === undefined ? {} : { status: overrides.status }),
  };
}
