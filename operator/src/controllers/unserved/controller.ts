import { isDeepStrictEqual } from 'node:util';
import { unservedKindReason } from '@mayfly/api';
import type { Clock, ResourceKinds, ResourceStore } from '@mayfly/core';
import type { Controller } from '../../reconcile/controller-runner.ts';
import { done, type Result } from '../../reconcile/result.ts';

/** Kinds that are stored and validated, but that nothing acts on yet. */
export type UnservedKind = 'EventSourceMapping';

/** What the controller needs. */
export interface UnservedControllerDeps {
  readonly store: Pick<ResourceStore, 'patchStatus'>;
  readonly kind: UnservedKind;
  readonly clock: Clock;
}

/** Says honestly on every object of such a kind that it has no effect yet. */
export class UnservedController<K extends UnservedKind> implements Controller<K> {
  readonly name: string;
  readonly #deps: UnservedControllerDeps;

  constructor(deps: UnservedControllerDeps & { readonly kind: K }) {
    this.name = deps.kind.toLowerCase();
    this.#deps = deps;
  }

  async reconcile(object: ResourceKinds[K], signal: AbortSignal): Promise<Result> {
    if (object.metadata.deletionTimestamp !== undefined) return done;
    const before = object.status?.conditions[0];
    const condition = {
      type: 'Ready',
      status: 'False' as const,
      reason: 'NotServed',
      message: unservedKindReason(this.#deps.kind),
      observedGeneration: object.metadata.generation,
      lastTransitionTime:
        before?.lastTransitionTime ?? new Date(this.#deps.clock.now()).toISOString(),
    };
    if (!isDeepStrictEqual(before, condition)) {
      await this.#deps.store.patchStatus(
        { ...object, status: { conditions: [condition] } },
        signal,
      );
    }
    return done;
  }
}
