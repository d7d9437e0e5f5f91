import type { ThrottleReason } from '@mayfly/lambda-api';
import type { RevisionKey } from '../ports/revision-key.ts';
import {
  functionIdOf,
  isSameRevision,
  revisionIdOf,
  type FleetFacts,
  type FleetMember,
  type RevisionLimits,
} from './facts.ts';
import { Pools, type Pool } from './pools.ts';

/** Why an execution environment is given up. */
export type RevokeReason = 'idle' | 'outdated' | 'evicted' | 'overLimit' | 'deprovisioned';

/** The answer to one demand: how many are coming, and whether the rest is refused. */
export interface Outlook {
  readonly gatewayId: string;
  readonly key: RevisionKey;
  readonly coming: number;
  readonly refusal: ThrottleReason | undefined;
}

/** How much of a share of concurrency is used, the new one included. */
export interface PoolUse {
  readonly used: number;
  readonly limit: number;
}

/** One to be made. */
export interface Creation {
  readonly key: RevisionKey;
  /** The gateway that asked; undefined for provisioned concurrency: the home of the function gets it. */
  readonly gatewayId: string | undefined;
  readonly isProvisioned: boolean;
  readonly pool: PoolUse;
}

/** One to be taken back. */
export interface Revocation {
  readonly executionEnvironmentId: string;
  readonly reason: RevokeReason;
  /** What it makes room for, where it is evicted. */
  readonly inFavourOf?: RevisionKey;
}

/** Provisioned concurrency that cannot be had. */
export interface Shortage {
  readonly key: RevisionKey;
  readonly missing: number;
}

/** What to do now. An empty plan means that the world is as it should be. */
export interface FleetPlan {
  /** One execution environment each, in this order. */
  readonly create: readonly Creation[];
  /** Idle at one gateway while another waits for such a one: ask for it and grant it anew. */
  readonly move: readonly { readonly executionEnvironmentId: string; readonly to: string }[];
  /** Ask the gateway to give them back; they are destroyed when it has. */
  readonly revoke: readonly Revocation[];
  /** Never granted, so nobody has to be asked: destroy. */
  readonly abandon: readonly string[];
  readonly outlooks: readonly Outlook[];
  /** Provisioned concurrency for which its share of concurrency has no room. */
  readonly shortages: readonly Shortage[];
  /** Functions that were refused and have headroom again. */
  readonly lift: readonly { readonly namespace: string; readonly functionName: string }[];
  /** The rate of creation held some back: decide again when it allows more. */
  readonly isAtRate: boolean;
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

/** Somebody who wants execution environments of a revision: a gateway, or provisioned concurrency. */
interface Claim {
  readonly key: RevisionKey;
  readonly gatewayId: string | undefined;
  readonly wanted: number;
  readonly notBeforeMs: number;
  readonly pool: Pool;
  /** Starting or moving, or being created by this plan, or waiting for an eviction of this plan. */
  coming: number;
  isAtLimit: boolean;
  isAtRate: boolean;
}

class Decision {
  readonly #facts: FleetFacts;
  readonly #pools: Pools;
  readonly #create: Creation[] = [];
  readonly #move = new Map<string, string>();
  readonly #revoke = new Map<string, Omit<Revocation, 'executionEnvironmentId'>>();
  readonly #abandon = new Set<string>();
  /** Per pool: members on their way out whose slot no claim has taken yet. */
  readonly #leaving = new Map<Pool, number>();
  readonly #created = new Map<Pool, number>();
  readonly #startingOf = new Map<string, number>();
  #starting = 0;
  #isAtRate = false;
  #idle: Map<string, FleetMember[]> | undefined;

  constructor(facts: FleetFacts) {
    this.#facts = facts;
    this.#pools = new Pools(facts);
    for (const { state, isInitialising, createdMs, key } of facts.members) {
      if (state !== 'starting' && isInitialising !== true) continue;
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
    const provisions = this.#provisions();
    const claims = this.#claims();
    // Who waits comes first: what is provisioned is for those that will come.
    for (const round of [claims, provisions]) {
      while (round.map((claim) => this.#serveOne(claim)).some(Boolean));
    }
    return {
      create: this.#create,
      move: [...this.#move].map(([executionEnvironmentId, to]) => ({ executionEnvironmentId, to })),
      revoke: [...this.#revoke].map(([executionEnvironmentId, revocation]) => ({
        executionEnvironmentId,
        ...revocation,
      })),
      abandon: [...this.#abandon],
      outlooks: claims.flatMap(toOutlook),
      shortages: provisions
        .filter(({ isAtLimit }) => isAtLimit)
        .map(({ key, wanted, coming }) => ({ key, missing: wanted - coming })),
      lift: this.#lifts(),
      isAtRate: this.#isAtRate,
    };
  }

  /** Idle for too long, or of a revision that is no longer served. */
  #giveUp(): void {
    for (const member of this.#facts.members) {
      // One that moves is judged where it arrives.
      if (this.#isLeaving(member) || member.state === 'moving') continue;
      const limits = this.#limitsOf(member.key);
      if (limits === undefined) this.#endOne(member, 'outdated');
      else if (isIdleFor(member, limits.idleMs, this.#facts.nowMs)) this.#endOne(member, 'idle');
    }
  }

  #limitsOf(key: RevisionKey): RevisionLimits | undefined {
    return this.#facts.functions.get(functionIdOf(key))?.revisions.get(key.revision);
  }

  #endOne(member: FleetMember, reason: RevokeReason): void {
    if (member.state === 'starting') this.#abandon.add(member.executionEnvironmentId);
    else this.#revoke.set(member.executionEnvironmentId, { reason });
    this.#noteLeaving(member);
  }

  /** A limit was lowered below what exists: idle ones go first, busy ones after what they run. */
  #shrink(pool: Pool): void {
    const surplus = pool.members.length - (this.#leaving.get(pool) ?? 0) - pool.limit;
    if (surplus <= 0) return;
    const staying = pool.members.filter((m) => !this.#isLeaving(m) && m.state !== 'moving');
    for (const member of staying.sort(byReadinessToGo).slice(0, surplus)) {
      this.#endOne(member, 'overLimit');
    }
  }

  /** What is missing of the provisioned concurrency of each revision. What is too much is given up. */
  #provisions(): Claim[] {
    const provisioned = Map.groupBy(
      this.#facts.members.filter((m) => m.isProvisioned && !this.#isLeaving(m)),
      (m) => revisionIdOf(m.key),
    );
    const claims: Claim[] = [];
    for (const { key, count, notBeforeMs } of this.#facts.provisions) {
      const members = provisioned.get(revisionIdOf(key)) ?? [];
      provisioned.delete(revisionIdOf(key));
      const wanted = count - members.length;
      this.#deprovision(members, -wanted);
      if (wanted <= 0 || this.#limitsOf(key) === undefined) continue;
      claims.push(this.#toClaim({ key, wanted, gatewayId: undefined, notBeforeMs }));
    }
    for (const members of provisioned.values()) this.#deprovision(members, members.length);
    return claims;
  }

  #deprovision(members: readonly FleetMember[], count: number): void {
    const surplus = members.toSorted(byReadinessToGo).slice(0, Math.max(0, count));
    for (const member of surplus) this.#endOne(member, 'deprovisioned');
  }

  #toClaim(wish: Pick<Claim, 'key' | 'gatewayId' | 'wanted' | 'notBeforeMs'>, coming = 0): Claim {
    const pool = this.#pools.of(wish.key);
    return { ...wish, pool, coming, isAtLimit: false, isAtRate: false };
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
      .filter((demand) => demand.queued > 0 && this.#limitsOf(demand.key) !== undefined)
      .map(({ key, gatewayId, queued: wanted, notBeforeMs }) =>
        this.#toClaim(
          { key, gatewayId, wanted, notBeforeMs },
          coming.get(claimIdOf(gatewayId, key)) ?? 0,
        ),
      );
  }

  /** Gives one more execution environment to a claim. False when it needs none or can have none. */
  #serveOne(claim: Claim): boolean {
    if (claim.isAtLimit || claim.isAtRate || claim.coming >= claim.wanted) return false;
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
  #moveOne({ key, gatewayId }: Claim): boolean {
    if (gatewayId === undefined) return false;
    const idle = this.#idleOf(key).find(
      (m) =>
        m.gatewayId !== gatewayId &&
        !this.#isLeaving(m) &&
        !this.#move.has(m.executionEnvironmentId),
    );
    if (idle === undefined) return false;
    this.#move.set(idle.executionEnvironmentId, gatewayId);
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
  #createOne({ key, gatewayId, pool, notBeforeMs }: Claim): boolean {
    const { maxStarting, creations, nowMs } = this.#facts;
    const id = functionIdOf(key);
    if (this.#starting >= maxStarting) return false;
    if ((this.#startingOf.get(id) ?? 0) >= maxStarting) return false;
    if (notBeforeMs > nowMs) return false;
    if (this.#create.length >= creations) {
      this.#isAtRate = true;
      return false;
    }
    const created = (this.#created.get(pool) ?? 0) + 1;
    const use = { used: pool.members.length + created, limit: pool.limit };
    this.#create.push({ key, gatewayId, isProvisioned: gatewayId === undefined, pool: use });
    this.#created.set(pool, created);
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
          !m.isProvisioned &&
          !this.#isLeaving(m) &&
          !this.#move.has(m.executionEnvironmentId) &&
          (claim.gatewayId === undefined || !isSameRevision(m.key, claim.key)),
      );
    if (victim === undefined) return false;
    const revocation = { reason: 'evicted', inFavourOf: claim.key } as const;
    this.#revoke.set(victim.executionEnvironmentId, revocation);
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

function toOutlook({ key, gatewayId, wanted, pool, ...claim }: Claim): Outlook[] {
  if (gatewayId === undefined) return [];
  // What only the creation rate holds back does come: a later plan makes it.
  const coming = claim.isAtRate ? wanted : claim.coming;
  const isRefused = claim.isAtLimit && coming < wanted;
  return [{ gatewayId, key, coming, refusal: isRefused ? pool.refusal : undefined }];
}

/** What is provisioned waits for invocations as long as it is wanted. */
function isIdleFor(member: FleetMember, idleMs: number, nowMs: number): boolean {
  return member.state === 'idle' && !member.isProvisioned && nowMs - member.idleSinceMs >= idleMs;
}

function claimIdOf(gatewayId: string, key: RevisionKey): string {
  return `${gatewayId} ${revisionIdOf(key)}`;
}

const ORDER_TO_GO = { idle: 0, starting: 1, busy: 2, moving: 3, terminating: 4 } as const;

function byReadinessToGo(a: FleetMember, b: FleetMember): number {
  return (
    Number(a.isProvisioned) - Number(b.isProvisioned) ||
    ORDER_TO_GO[a.state] - ORDER_TO_GO[b.state] ||
    a.idleSinceMs - b.idleSinceMs
  );
}
