import type { AliasResource, AliasRouting, VersionResource } from '@mayfly/api';
import { anAlias as anyAlias, aServedRevision, aVersion as anyVersion } from '@mayfly/testkit';

/** How a Version differs from the default. */
export interface VersionOptions {
  /** Undefined: not published yet. */
  readonly version?: number;
  readonly revision?: string;
  readonly creationTimestamp?: string;
}

/** A Version of `hello` that the operator has seen. */
export function aVersion(name: string, options: VersionOptions = {}): VersionResource {
  const { version, revision = 'r1', creationTimestamp } = options;
  return anyVersion({
    metadata: { name, ...(creationTimestamp === undefined ? {} : { creationTimestamp }) },
    spec: version === undefined ? {} : { version, snapshot: aServedRevision(revision) },
    status: { observedGeneration: 1, conditions: [] },
  });
}

/** An Alias `live` of `hello` that the operator has found good. */
export function anAlias(routing: AliasRouting, generation = 1): AliasResource {
  return anyAlias({
    metadata: { generation },
    spec: { functionVersion: routing.functionVersion },
    status: { observedGeneration: generation, routing, conditions: [] },
  });
}
