import { isDeepStrictEqual } from 'node:util';
import type {
  AliasResource,
  AliasRouting,
  AliasStatus,
  Condition,
  VersionResource,
} from '@mayfly/api';
import {
  judgeAlias,
  listPublished,
  type Account,
  type AliasVerdict,
  type Clock,
  type ObjectState,
  type ReleaseFacts,
  type ResourceStore,
} from '@mayfly/core';
import { makeFunctionArn } from '@mayfly/lambda-api';
import { toVersionedFunction } from '../../fleet/by-function.ts';
import type { Provisioner } from '../../provisioning/provisioner.ts';
import type { Controller } from '../../reconcile/controller-runner.ts';
import { done, requeueAfter, soonest, type Result } from '../../reconcile/result.ts';
import type { Rollouts, RolloutStep } from '../../rollouts/rollouts.ts';
import { CONDITION, markCondition } from '../function/conditions.ts';
import type { ObjectEvents } from '../object-events.ts';
import { writeStatus } from '../write-status.ts';
import type { ReleaseBook } from '../version/release-book.ts';

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
  /** Whether every gateway knows that published version; those that have not said so are asked. */
  readonly isVersionConfirmed: (version: VersionResource) => boolean;
  /** Whether every gateway routes by the alias's status as it is; those that have not said so are asked. */
  readonly isRoutingConfirmed: (alias: AliasResource) => boolean;
  /** The gateways that were asked about an object long ago and have not answered. */
  readonly listSilent: (of: Omit<ObjectState, 'generation'>) => readonly string[];
  /** Stands between what is asked for and what invocations get. */
  readonly rollouts: Pick<Rollouts, 'step'>;
  readonly provisioner: Pick<Provisioner, 'statusOf'>;
}

/** A verdict, and what its rollout makes of a good one. */
type Judgement =
  | (Exclude<AliasVerdict, { readonly kind: 'good' }> & {
      /** What was under way goes on, and is taken back if it fails. */
      readonly step: RolloutStep | undefined;
    })
  | { readonly kind: 'good'; readonly step: RolloutStep; readonly isTakenIn: boolean };

type Said = Pick<Condition, 'status' | 'reason' | 'message'>;

type Status = { -readonly [K in keyof AliasStatus]: AliasStatus[K] };

const LOOK_AGAIN_MS = 30_000;
const CONFIRM_AGAIN_MS = 1000;
/** Not every gateway has said yet that it knows what it is to know. */
const PENDING = 'RoutingPending';

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
    const judgement = this.#judge(alias);
    const status = this.#computeStatus(alias, judgement);
    const change = { object: alias, status, told: [CONDITION.ready] };
    await writeStatus<'Alias'>(this.#deps, change, signal);
    return whenToLookAgain(judgement);
  }

  #judge(alias: AliasResource): Judgement {
    const { book, account, rollouts } = this.#deps;
    const facts = book.facts(toVersionedFunction(alias));
    const verdict = judgeAlias(alias, facts, account);
    if (verdict.kind !== 'good') return { ...verdict, step: this.#goOn(alias) };
    const unknown = this.#findUnknown(alias, verdict.routing, facts);
    if (unknown !== undefined) {
      const { namespace, name } = unknown.metadata;
      const silent = this.#describeSilent({ kind: 'Version', namespace, name });
      const message = `Gateways are taking in version ${String(unknown.spec.version)}.${silent}`;
      return { kind: 'waiting', reason: PENDING, message, step: this.#goOn(alias) };
    }
    const step = rollouts.step(alias, verdict.routing);
    // While a rollout goes on nobody is told that it is ready: what comes next would be asked for in vain.
    const isTakenIn = step.condition !== undefined || this.#isTakenIn(alias, step.routing);
    return { kind: 'good', step, isTakenIn };
  }

  /** The rollout that is under way, while what is asked for now cannot be had. */
  #goOn(alias: AliasResource): RolloutStep | undefined {
    const { routing, rollout } = alias.status ?? {};
    if (routing === undefined || rollout?.phase !== 'Progressing') return undefined;
    const { additionalVersion: _shared, ...rest } = routing;
    return this.#deps.rollouts.step(alias, { ...rest, functionVersion: rollout.toVersion });
  }

  /** A version that a gateway may not have heard of: it would refuse invocations of an alias that it has heard of. */
  #findUnknown(
    alias: AliasResource,
    routing: AliasRouting,
    facts: ReleaseFacts,
  ): VersionResource | undefined {
    const known = listVersions(alias.status?.routing);
    const asked = listVersions(routing).filter((version) => !known.includes(version));
    const found = listPublished(facts.versions).filter(({ number }) =>
      asked.includes(number.toString()),
    );
    return found.find(({ object }) => !this.#deps.isVersionConfirmed(object))?.object;
  }

  /** One that does not hear the API server holds it up for as long as it has a link. */
  #describeSilent(of: Omit<ObjectState, 'generation'>): string {
    const silent = this.#deps.listSilent(of);
    return silent.length === 0 ? '' : ` No answer yet from ${silent.join(', ')}.`;
  }

  #computeStatus(alias: AliasResource, judgement: Judgement): Status {
    const { clock, account, provisioner } = this.#deps;
    const { metadata, spec } = alias;
    const status: Status = structuredClone(alias.status ?? { conditions: [] });
    // What only waits for gateways is still to be done: a retry of a rollout, and a new revisionId.
    const isPending = judgement.kind === 'waiting' && judgement.reason === PENDING;
    if (!isPending) status.observedGeneration = metadata.generation;
    const location = { ...account, functionName: spec.functionName };
    if (judgement.kind === 'good') {
      status.aliasArn = makeFunctionArn(location, spec.name);
      this.#route(alias, status, judgement.step);
    } else if (judgement.step !== undefined) {
      writeStep(status, judgement.step);
    }
    const provisioned = provisioner.statusOf('Alias', metadata);
    if (provisioned === undefined) delete status.provisionedConcurrency;
    else status.provisionedConcurrency = provisioned;
    const nowIso = new Date(clock.now()).toISOString();
    const stamp = { nowIso, observedGeneration: metadata.generation };
    markCondition(status, stamp, { type: CONDITION.ready, ...this.#toReady(alias, judgement) });
    return status;
  }

  #route(alias: AliasResource, status: Status, { routing, rollout }: RolloutStep): void {
    // A step of a rollout is no change of the alias, its beginning is.
    const isSame =
      rollout === undefined
        ? isWritten(alias, routing)
        : isSeen(alias) && rollout.startedAt === alias.status?.rollout?.startedAt;
    if (!isSame || status.revisionId === undefined) status.revisionId = this.#deps.makeId();
    writeStep(status, { routing, rollout });
    const url = this.#deps.makeUrl(alias);
    if (url === undefined) delete status.url;
    else status.url = url;
  }

  /** Gateways read the status: before it is written, none can have taken it in. And once is enough. */
  #isTakenIn(alias: AliasResource, routing: AliasRouting): boolean {
    if (!isWritten(alias, routing)) return false;
    const { generation } = alias.metadata;
    const [ready] = alias.status?.conditions ?? [];
    const wasTakenIn = ready?.status === 'True' && ready.observedGeneration === generation;
    return wasTakenIn || this.#deps.isRoutingConfirmed(alias);
  }

  #toReady(alias: AliasResource, judgement: Judgement): Said {
    switch (judgement.kind) {
      case 'good':
        return judgement.step.condition ?? this.#toRouted(alias, judgement);
      case 'waiting':
        return { status: 'Unknown', reason: judgement.reason, message: judgement.message };
      case 'refused':
        return { status: 'False', reason: judgement.reason, message: judgement.message };
    }
  }

  #toRouted(
    alias: AliasResource,
    { step, isTakenIn }: Extract<Judgement, { readonly kind: 'good' }>,
  ): Said {
    if (isTakenIn) {
      return { status: 'True', reason: 'Routed', message: describeRouting(alias, step.routing) };
    }
    const { namespace, name } = alias.metadata;
    const silent = this.#describeSilent({ kind: 'Alias', namespace, name });
    const message = `Gateways are taking in where it points.${silent}`;
    return { status: 'Unknown', reason: PENDING, message };
  }
}

function writeStep(
  status: Status,
  { routing, rollout }: Pick<RolloutStep, 'routing' | 'rollout'>,
): void {
  status.routing = routing;
  if (rollout === undefined) delete status.rollout;
  else status.rollout = rollout;
}

function whenToLookAgain(judgement: Judgement): Result {
  const stepMs = judgement.step?.requeueAfterMs;
  const step = stepMs === undefined ? done : requeueAfter(stepMs, 'a step of its rollout is due');
  const isPending = judgement.kind === 'good' ? !judgement.isTakenIn : judgement.reason === PENDING;
  if (isPending) return soonest([step, requeueAfter(CONFIRM_AGAIN_MS, 'gateways take it in')]);
  if (judgement.kind === 'good') return step;
  return soonest([step, requeueAfter(LOOK_AGAIN_MS, 'what is missing may have been mended')]);
}

function isSeen({ metadata, status }: AliasResource): boolean {
  return status?.observedGeneration === metadata.generation;
}

function isWritten(alias: AliasResource, routing: AliasRouting): boolean {
  return isSeen(alias) && isDeepStrictEqual(alias.status?.routing, routing);
}

function listVersions(routing: AliasRouting | undefined): readonly string[] {
  const { functionVersion, additionalVersion } = routing ?? {};
  return [functionVersion, additionalVersion?.version].filter((version) => version !== undefined);
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
