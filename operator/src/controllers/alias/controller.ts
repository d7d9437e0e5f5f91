import { isDeepStrictEqual } from 'node:util';
import type { AliasResource, AliasRouting, AliasStatus, Condition } from '@mayfly/api';
import {
  judgeAlias,
  type Account,
  type AliasVerdict,
  type Clock,
  type ObjectKey,
  type ResourceStore,
} from '@mayfly/core';
import { makeFunctionArn } from '@mayfly/lambda-api';
import type { Controller } from '../../reconcile/controller-runner.ts';
import { done, requeueAfter, type Result } from '../../reconcile/result.ts';
import { CONDITION, markCondition } from '../function/conditions.ts';
import { recordConditionChanges, type ObjectEvents } from '../object-events.ts';
import { toVersionedFunction, type ReleaseBook } from '../version/release-book.ts';

/** What the controller needs. */
export interface AliasControllerDeps {
  readonly store: Pick<ResourceStore, 'patchStatus'>;
  readonly book: Pick<ReleaseBook, 'facts'>;
  readonly events: ObjectEvents;
  readonly clock: Clock;
  readonly account: Account;
  readonly makeId: () => string;
  /** The alias's URL, or undefined when it has none. */
  readonly makeUrl: (alias: AliasResource) => string | undefined;
  /** Whether every gateway routes by the status that has seen that generation; those that have not said so are asked. */
  readonly isRoutingConfirmed: (alias: ObjectKey, generation: number) => boolean;
}

type Status = { -readonly [K in keyof AliasStatus]: AliasStatus[K] };

const LOOK_AGAIN_MS = 30_000;
const CONFIRM_AGAIN_MS = 1000;

/** Says where invocations of one Alias go: where its spec says, once that is found good; till then where they went. */
export class AliasController implements Controller<'Alias'> {
  readonly name = 'alias';
  readonly #deps: AliasControllerDeps;

  constructor(deps: AliasControllerDeps) {
    this.#deps = deps;
  }

  async reconcile(alias: AliasResource, signal: AbortSignal): Promise<Result> {
    const { metadata } = alias;
    if (metadata.deletionTimestamp !== undefined) return done;
    const { book, account, store, events } = this.#deps;
    const verdict = judgeAlias(alias, book.facts(toVersionedFunction(alias)), account);
    const isTakenIn = verdict.kind === 'good' && this.#isTakenIn(alias, verdict.routing);
    const status = this.#computeStatus(alias, verdict, isTakenIn);
    if (!isDeepStrictEqual(status, alias.status)) {
      await store.patchStatus<'Alias'>({ ...alias, status }, signal);
      const before = alias.status?.conditions ?? [];
      const told = [CONDITION.ready];
      recordConditionChanges(events, { object: alias, before, after: status.conditions, told });
    }
    if (verdict.kind !== 'good') {
      return requeueAfter(LOOK_AGAIN_MS, 'what is missing may have been mended');
    }
    return isTakenIn ? done : requeueAfter(CONFIRM_AGAIN_MS, 'gateways take in where it points');
  }

  #computeStatus(alias: AliasResource, verdict: AliasVerdict, isTakenIn: boolean): Status {
    const { clock, account } = this.#deps;
    const { metadata, spec } = alias;
    const status: Status = {
      ...structuredClone(alias.status ?? { conditions: [] }),
      observedGeneration: metadata.generation,
    };
    const location = { ...account, functionName: spec.functionName };
    if (verdict.kind === 'good') {
      status.aliasArn = makeFunctionArn(location, spec.name);
      this.#route(alias, status, verdict.routing);
    }
    const nowIso = new Date(clock.now()).toISOString();
    const stamp = { nowIso, observedGeneration: metadata.generation };
    markCondition(status, stamp, { type: CONDITION.ready, ...toReady(alias, verdict, isTakenIn) });
    return status;
  }

  #route(alias: AliasResource, status: Status, routing: AliasRouting): void {
    if (!isWritten(alias, routing) || status.revisionId === undefined)
      status.revisionId = this.#deps.makeId();
    status.routing = routing;
    const url = this.#deps.makeUrl(alias);
    if (url === undefined) delete status.url;
    else status.url = url;
  }

  /** Gateways read the status: before it is written, none can have taken it in. And once is enough. */
  #isTakenIn(alias: AliasResource, routing: AliasRouting): boolean {
    if (!isWritten(alias, routing)) return false;
    const { namespace, name, generation } = alias.metadata;
    const [ready] = alias.status?.conditions ?? [];
    const wasTakenIn = ready?.status === 'True' && ready.observedGeneration === generation;
    return wasTakenIn || this.#deps.isRoutingConfirmed({ namespace, name }, generation);
  }
}

function isWritten({ metadata, status }: AliasResource, routing: AliasRouting): boolean {
  const isCurrent = status?.observedGeneration === metadata.generation;
  return isCurrent && isDeepStrictEqual(status.routing, routing);
}

function toReady(
  alias: AliasResource,
  verdict: AliasVerdict,
  isTakenIn: boolean,
): Pick<Condition, 'status' | 'reason' | 'message'> {
  switch (verdict.kind) {
    case 'good': {
      if (isTakenIn) {
        const message = describeRouting(alias, verdict.routing);
        return { status: 'True', reason: 'Routed', message };
      }
      const message = 'Gateways are taking in where it points.';
      return { status: 'Unknown', reason: 'RoutingPending', message };
    }
    case 'waiting':
      return { status: 'Unknown', reason: verdict.reason, message: verdict.message };
    case 'refused':
      return { status: 'False', reason: verdict.reason, message: verdict.message };
  }
}

function describeRouting(
  { spec }: AliasResource,
  { functionVersion, additionalVersion }: AliasRouting,
): string {
  const target = `${spec.functionName}:${spec.name} is version ${functionVersion}`;
  if (additionalVersion === undefined) return `${target}.`;
  const { version, weight } = additionalVersion;
  return `${target}, and version ${version} for ${(weight * 100).toFixed(1)} % of the invocations.`;
}
