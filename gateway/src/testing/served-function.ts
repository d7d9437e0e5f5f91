import { API_VERSION, FunctionSpec, type FunctionResource, type FunctionStatus } from '@mayfly/api';

/** How a function differs from the default. */
export interface ServedFunctionOptions {
  readonly name?: string;
  readonly namespace?: string;
  readonly spec?: Partial<FunctionSpec>;
  readonly revision?: string;
  /** Replaces the status of a function that is served. */
  readonly status?: FunctionStatus;
}

/** A Function `default/hello` that the operator has resolved. */
export function aServedFunction(options: ServedFunctionOptions = {}): FunctionResource {
  const { name = 'hello', namespace = 'default', revision = 'r1' } = options;
  const spec = FunctionSpec.parse({
    runtime: 'nodejs24.x',
    handler: 'index.handler',
    code: { inline: '' },
    ...options.spec,
  });
  const served = { revision, codeSha256: 'x', codeSize: 1, configuration: spec };
  return {
    apiVersion: API_VERSION,
    kind: 'Function',
    metadata: {
      name,
      namespace,
      uid: `uid-of-${name}`,
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
    spec,
    status: options.status ?? { state: 'Active', conditions: [], served },
  };
}
