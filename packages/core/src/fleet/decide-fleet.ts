import type { ThrottleReason } from '@mayfly/lambda-api';
import type { RevisionKey } from '../ports/revision-key.ts';
import {
  functionIdOf,
  isSameRevision,
  revisionIdOf,
  type FleetDemand,
  type FleetFacts,
  type FleetMember,
} from './facts.ts';
import { Pools, type Pool } from './pools.ts';

/** Why an execution environment is given up. */
export type RevokeReason = 'idle' | 'outdated' | 'evicted' | 'overLimit';

/** The answer to one demand: how many are coming, and whether the rest is refused. */
export interface Outlook {
  readonly gatewayId: string;
  readonly key: RevisionKey;
  readonly coming: number;
  readonly refusal: ThrottleReason | undefined;
}

/** What to do now. An empty plan means that the world is as it should be. */
export interface FleetPlan {
  /** One execution environment each, in this order, for the gateway that asked. */
  readonly create: readonly { readonly key: RevisionKey; readonly gatewayId: string }[];
  /** Idle at one gateway while another waits for such a one: ask for it and grant it anew. */
  readonly move: readonly { readonly executionEnvironmentId: string; readonly to: string }[];
  /** Ask the gateway to give them back; they are destroyed when it has. */
  readonly revoke: readonly {
    readonly executionEnvironmentId: string;
    readonly reason: RevokeReason;
  }[];
  /** Never granted, so nobody has to be asked: destroy. */
  readonly abandon: readonly string[];
  readonly outlooks: readonly Outlook[];
  /** Functions that were refused and have headroom again. */
  readonly lift: readonly { readonly namespace: string; readonly functionName: string }[];
}

/**
 * Decides which execution environments are made and given up. Demand is served function by function in
 * turns, so that one function's burst does not hold back another's first call. At a limit an idle one of
 * the same pool is evicted, least recently used first, so that idle never throttles anyone.
 */
export function decideFleet(facts: FleetFacts): FleetPlan {
  return new Decision(facts).plan();
}

/** One that starts for longer waits for something else than the machine. */
const SLOW_START_MS = 30_000;

interface Claim {
  readonly demand: FleetDemand;
  readonly pool: Pool;
  /** Starting or moving, or being created by this plan, or waiting for an eviction of this plan. */
  coming: number;
  isAtLimit: boolean;
  isAtRate: boolean;
}

class Decision {
  readonly #facts: FleetFacts;
  readonly #pools: Pools;
  readonly #create: { readonly key: RevisionKey; readonly gatewayId: string }[] = [];
  readonly #move = new Map<string, string>();
  readonly #revoke = new Map<string, RevokeReason>();
  readonly #abandon = new Set<string>();
  /** Per pool: members on their way out whose slot no claim has taken yet. */
  readonly #leaving = new Map<Pool, number>();
  readonly #created = new Map<Pool, number>();
  readonly #startingOf = new Map<string, number>();
  #starting = 0;
  #idle: Map<string, FleetMember[]> | undefined;

  constructor(facts: FleetFacts) {
    this.#facts = facts;
    this.#pools = new Pools(facts);
    for (const { state, createdMs, key } of facts.members) {
      if (state !== 'starting') continue;
      this.#noteStarting(functionIdOf(key));
      if (facts.nowMs - createdMs < SLOW_START_MS) this.#starting += 1;
    }
  }

  plan(): FleetPlan {
    this.#giveUp();
    for (const member of this.#facts.members) {
      if (member.isRevoked || member.state === 'terminating') this.#noteLeaving(member);
    }
    for (const pool of this.#pools.all()) this.#shrink(pool);
    const claims = this.#claims();
    while (claims.map((claim) => this.#serveOne(claim)).some(Boolean));
    return {
      create: this.#create,
      move: [...this.#move].map(([executionEnvironmentId, to]) => ({ executionEnvironmentId, to })),
      revoke: [...this.#revoke].map(([executionEnvironmentId, reason]) => ({
        executionEnvironmentId,
        reason,
      })),
      abandon: [...this.#abandon],
      outlooks: claims.map(toOutlook),
      lift: this.#lifts(),
    };
  }

  /** Idle for too long, or of a revision that is no longer served. */
  #giveUp(): void {
    for (const member of this.#facts.members) {
      // One that moves is judged where it arrives.
      if (member.isRevoked || member.state === 'terminating' || member.state === 'moving') continue;
      const fn = this.#facts.functions.get(functionIdOf(member.key));
      if (fn?.revision !== member.key.revision) {
        if (member.state === 'starting') this.#abandon.add(member.executionEnvironmentId);
        else this.#revoke.set(member.executionEnvironmentId, 'outdated');
        this.#noteLeaving(member);
      } else if (member.state === 'idle' && this.#facts.nowMs - member.idleSinceMs >= fn.idleMs) {
        this.#revoke.set(member.executionEnvironmentId, 'idle');
        this.#noteLeaving(member);
      }
    }
  }

  /** A limit was lowered below what exists: idle ones go first, busy ones after what they run. */
  #shrink(pool: Pool): void {
    const surplus = pool.members.length - (this.#leaving.get(pool) ?? 0) - pool.limit;
    if (surplus <= 0) return;
    const staying = pool.members.filter((m) => !this.#isLeaving(m) && m.state !== 'moving');
    for (const member of staying.sort(byReadinessToGo).slice(0, surplus)) {
      if (member.state === 'starting') this.#abandon.add(member.executionEnvironmentId);
      else this.#revoke.set(member.executionEnvironmentId, 'overLimit');
      this.#noteLeaving(member);
    }
  }

  #isLeaving(member: FleetMember): boolean {
    return (
      member.isRevoked ||
      member.state === 'terminating' ||
      this.#revoke.has(member.executionEnvironmentId) ||
      this.#abandon.has(member.executionEnvironmentId)
    );
  }

  #noteLeaving(member: FleetMember): void {
    const pool = this.#pools.of(member.key);
    this.#leaving.set(pool, (this.#leaving.get(pool) ?? 0) + 1);
  }

  #claims(): Claim[] {
    const coming = new Map<string, number>();
    for (const { state, gatewayId, key } of this.#facts.members) {
      if ((state !== 'starting' && state !== 'moving') || gatewayId === undefined) continue;
      const id = claimIdOf(gatewayId, key);
      coming.set(id, (coming.get(id) ?? 0) + 1);
    }
    return this.#facts.demands
      .filter((demand) => demand.queued > 0 && this.#isCurrent(demand.key))
      .map((demand) => ({
        demand,
        pool: this.#pools.of(demand.key),
        coming: coming.get(claimIdOf(demand.gatewayId, demand.key)) ?? 0,
        isAtLimit: false,
        isAtRate: false,
      }));
  }

  #isCurrent(key: RevisionKey): boolean {
    return this.#facts.functions.get(functionIdOf(key))?.revision === key.revision;
  }

  /** Gives one more execution environment to a claim. False when it needs none or can have none. */
  #serveOne(claim: Claim): boolean {
    if (claim.isAtLimit || claim.isAtRate || claim.coming >= claim.demand.queued) return false;
    if (this.#moveOne(claim)) {
      claim.coming += 1;
      return true;
    }
    const { pool } = claim;
    const inUse = pool.members.length + (this.#created.get(pool) ?? 0);
    if (inUse < pool.limit) claim.isAtRate = !this.#createOne(claim);
    else claim.isAtLimit = !this.#takeLeaving(pool) && !this.#evict(claim);
    if (claim.isAtLimit || claim.isAtRate) return false;
    claim.coming += 1;
    return true;
  }

  /** One of this very revision is idle at another gateway: that gateway is no longer the home, or not the only one. */
  #moveOne({ demand }: Claim): boolean {
    const idle = this.#idleOf(demand.key).find(
      (m) =>
        m.gatewayId !== demand.gatewayId &&
        !this.#isLeaving(m) &&
        !this.#move.has(m.executionEnvironmentId),
    );
    if (idle === undefined) return false;
    this.#move.set(idle.executionEnvironmentId, demand.gatewayId);
    return true;
  }

  /** All of this revision that are idle. */
  #idleOf(key: RevisionKey): readonly FleetMember[] {
    this.#idle ??= Map.groupBy(
      this.#facts.members.filter((m) => m.state === 'idle'),
      (m) => revisionIdOf(m.key),
    );
    return this.#idle.get(revisionIdOf(key)) ?? [];
  }

  /** False when too many are starting already, or the last attempt has just failed. */
  #createOne({ demand, pool }: Claim): boolean {
    const { maxStarting, nowMs } = this.#facts;
    const id = functionIdOf(demand.key);
    if (this.#starting >= maxStarting) return false;
    if ((this.#startingOf.get(id) ?? 0) >= maxStarting) return false;
    if (demand.notBeforeMs > nowMs) return false;
    this.#create.push({ key: demand.key, gatewayId: demand.gatewayId });
    this.#created.set(pool, (this.#created.get(pool) ?? 0) + 1);
    this.#starting += 1;
    this.#noteStarting(id);
    return true;
  }

  #noteStarting(functionId: string): void {
    this.#startingOf.set(functionId, (this.#startingOf.get(functionId) ?? 0) + 1);
  }

  /** A slot that is being given up anyway will be this claim's. */
  #takeLeaving(pool: Pool): boolean {
    const leaving = this.#leaving.get(pool) ?? 0;
    // Over the limit (it was lowered): those that leave bring the pool down first.
    const surplus = pool.members.length - pool.limit;
    if (leaving <= Math.max(0, surplus)) return false;
    this.#leaving.set(pool, leaving - 1);
    return true;
  }

  #evict(claim: Claim): boolean {
    if (claim.pool.members.length > claim.pool.limit) return false;
    const victim = claim.pool
      .idle()
      .find(
        (m) =>
          !this.#isLeaving(m) &&
          !this.#move.has(m.executionEnvironmentId) &&
          !isSameRevision(m.key, claim.demand.key),
      );
    if (victim === undefined) return false;
    this.#revoke.set(victim.executionEnvironmentId, 'evicted');
    return true;
  }

  #lifts(): FleetPlan['lift'] {
    return [...this.#facts.refused]
      .map((id) => this.#facts.functions.get(id))
      .filter((fn) => fn !== undefined)
      .filter((fn) => this.#pools.of(fn).members.length < this.#pools.of(fn).limit)
      .map(({ namespace, functionName }) => ({ namespace, functionName }));
  }
}

function toOutlook(claim: Claim): Outlook {
  // What only the creation rate holds back does come: a later plan makes it.
  const coming = claim.isAtRate ? claim.demand.queued : claim.coming;
  return {
    gatewayId: claim.demand.gatewayId,
    key: claim.demand.key,
    coming,
    refusal: claim.isAtLimit && coming < claim.demand.queued ? claim.pool.refusal : undefined,
  };
}

function claimIdOf(gatewayId: string, key: RevisionKey): string {
  return `${gatewayId} ${revisionIdOf(key)}`;
}

const ORDER_TO_GO = { idle: 0, starting: 1, busy: 2, moving: 3, terminating: 4 } as const;

function byReadinessToGo(a: FleetMember, b: FleetMember): number {
  return ORDER_TO_GO[a.state] - ORDER_TO_GO[b.state] || a.idleSinceMs - b.idleSinceMs;
}
