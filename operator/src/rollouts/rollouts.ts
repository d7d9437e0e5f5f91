import type { AliasResource, AliasRolloutStatus, AliasRouting } from '@mayfly/api';
import {
  advanceRollout,
  describeRollout,
  objectIdOf,
  parseObjectId,
  type Clock,
  type Informer,
  type ObjectKey,
  type RevisionKey,
  type RolloutCondition,
  type RolloutOutcomes,
} from '@mayfly/core';
import type { Observations } from './observations.ts';

/** What rollouts need. */
export interface RolloutsDeps {
  readonly clock: Clock;
  readonly observations: Observations;
  /** What execution environments of a version are bound to; undefined: there is no such version. */
  readonly keyOf: (
    fn: { readonly namespace: string; readonly functionName: string },
    version: string,
  ) => RevisionKey | undefined;
}

/** What an alias is to become, as far as its rollout has a say. */
export interface RolloutStep {
  /** For `status.routing`. */
  readonly routing: AliasRouting;
  /** For `status.rollout`. */
  readonly rollout: AliasRolloutStatus | undefined;
  /** For `Ready`; undefined: a rollout has no say. */
  readonly condition: RolloutCondition | undefined;
  /** When to ask again, if nothing happens before. */
  readonly requeueAfterMs: number | undefined;
}

/** Stands between what an alias asks for and what it gets: the doer around `advanceRollout`. */
export class Rollouts {
  readonly #deps: RolloutsDeps;

  constructor(deps: RolloutsDeps) {
    this.#deps = deps;
  }

  /** Decides what invocations get, and lets them be counted while a rollout goes on. */
  step(alias: AliasResource, wished: AliasRouting): RolloutStep {
    const { clock } = this.#deps;
    const { status, metadata, spec } = alias;
    const nowMs = clock.now();
    // What is written counts: a decision that could not be written down is made again, from what was seen.
    if (!this.#observe(alias, status?.rollout)) {
      this.#deps.observations.unwatch(objectIdOf(metadata));
    }
    const plan = advanceRollout({
      rollout: spec.rollout,
      wished,
      routing: this.#servedRouting(alias, wished),
      status: status?.rollout,
      isChanged: status?.observedGeneration !== metadata.generation,
      outcomesOf: () => this.#outcomesOf(alias),
      nowMs,
    });
    this.#observe(alias, plan.status);
    const requeueAfterMs =
      plan.nextAtMs === undefined ? undefined : Math.max(0, plan.nextAtMs - nowMs);
    const { routing, status: rollout } = plan;
    return { routing, rollout, condition: describeRollout(rollout), requeueAfterMs };
  }

  /** From a version that went with its function nothing is shifted: the new one has everything at once. */
  #servedRouting(
    { metadata, spec, status }: AliasResource,
    wished: AliasRouting,
  ): AliasRouting | undefined {
    const stable = status?.routing?.functionVersion;
    const fn = { namespace: metadata.namespace, functionName: spec.functionName };
    const isServed = (version: string): boolean => this.#deps.keyOf(fn, version) !== undefined;
    const isGone = stable !== undefined && !isServed(stable) && isServed(wished.functionVersion);
    return isGone ? undefined : status?.routing;
  }

  /** Forgets aliases that are gone. Returns the way to stop. */
  follow(aliases: Pick<Informer<'Alias'>, 'onChange'>): () => void {
    return aliases.onChange((key, alias) => {
      if (alias === undefined) this.#deps.observations.unwatch(objectIdOf(key));
    });
  }

  /** Calls back with every alias whose rollout there is more to know of. */
  onNews(listener: (alias: ObjectKey) => void): void {
    this.#deps.observations.onNews((watcher) => {
      listener(parseObjectId(watcher));
    });
  }

  /** Lets the new version be counted while the rollout goes on and can be taken back. */
  #observe({ metadata, spec }: AliasResource, status: AliasRolloutStatus | undefined): boolean {
    const { observations, keyOf } = this.#deps;
    const rules = spec.rollout?.rollback;
    if (rules === undefined || status?.phase !== 'Progressing') return false;
    const fn = { namespace: metadata.namespace, functionName: spec.functionName };
    const key = keyOf(fn, status.toVersion);
    if (key === undefined) return false;
    const { maximumDurationMilliseconds: slowMs } = rules;
    const revision = slowMs === undefined ? { key } : { key, slowMs };
    observations.watch(objectIdOf(metadata), revision, status.startedAt);
    return true;
  }

  /** Of what nobody can count, nothing is waited for. */
  #outcomesOf({ metadata }: AliasResource): RolloutOutcomes {
    const counted = this.#deps.observations.of(objectIdOf(metadata));
    return counted ?? { sinceMs: 0, invocations: 0, errors: 0, slow: 0 };
  }
}
