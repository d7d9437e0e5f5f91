import type { ProvisionedConcurrencyStatus } from '@mayfly/api';
import {
  computeProvisioned,
  judgeProvision,
  NO_UTILIZATION,
  splitProvision,
  type Clock,
  type FunctionLimits,
  type ObjectKey,
  type ProvisionedWish,
  type ProvisionLimits,
} from '@mayfly/core';
import { LATEST } from '@mayfly/lambda-api';
import { computeProvisionStatus, type ProvisionCounts } from './compute-provision-status.ts';
import { findBegunSchedule, type ScheduleLook } from './find-begun-schedule.ts';
import {
  idOf,
  ProvisionOwners,
  type ProvisionOwner,
  type ProvisionSources,
} from './provision-owners.ts';
import { shareCounts, type ProvisionShare } from './share-counts.ts';

/** What provisioning needs. */
export interface ProvisionerDeps {
  readonly clock: Clock;
  readonly sources: ProvisionSources;
  /** Where the numbers go. */
  readonly book: {
    limits(): ReadonlyMap<string, Pick<FunctionLimits, 'namespace' | 'reservedConcurrency'>>;
    setProvisioned(functionId: string, counts: ReadonlyMap<string, number>): void;
    provisionedOf(functionId: string): ReadonlyMap<string, number>;
  };
  /** Who sees to it that they are kept. */
  readonly fleet: {
    provisioned(functionId: string, version: string): ProvisionCounts;
    evaluate(): void;
  };
  readonly limits: { readonly accountConcurrency: number; readonly minimumUnreserved: number };
}

/** How often the time and the load are looked at. */
const LOOK_MS = 5_000;
/** How many run nothing changes with every invocation, and every write is a whole object in etcd. */
const AVAILABLE_MS = 30_000;

/** What is known of one owner. */
interface Provision {
  owner: ProvisionOwner;
  look: ScheduleLook | undefined;
  lookedFor: ProvisionOwner['spec'] | undefined;
  wish: ProvisionedWish;
  /** How many it was granted last: they stay when more cannot be had. */
  granted: number;
  problem: string | undefined;
  status: ProvisionedConcurrencyStatus | undefined;
  toldMs: number;
}

/**
 * Decides how many execution environments are provisioned for which version, by the time, the load and the
 * limits; gives the numbers to the fleet and the statuses to whoever writes them. It writes nothing itself.
 */
export class Provisioner {
  readonly #deps: ProvisionerDeps;
  readonly #owners = new ProvisionOwners();
  readonly #provisions = new Map<string, Provision>();
  readonly #byFunction = new Map<string, readonly Provision[]>();
  #isStarted = false;
  readonly #listeners: ((kind: ProvisionOwner['kind'], key: ObjectKey) => void)[] = [];

  constructor(deps: ProvisionerDeps) {
    this.#deps = deps;
  }

  /**
   * Begins, before the fleet does: what an operator before had provisioned is to be known when the fleet first
   * decides. Returns the way to stop.
   */
  start(): () => void {
    const { clock, sources } = this.#deps;
    const stop = this.#owners.follow(sources, (functionId) => {
      this.#refresh(functionId);
    });
    const refreshAll = (): void => {
      for (const functionId of this.#owners.functionIds()) this.#refresh(functionId);
    };
    refreshAll();
    this.#isStarted = true;
    const ticker = clock.every(LOOK_MS, refreshAll);
    return () => {
      ticker.cancel();
      stop();
    };
  }

  /** For `status.provisionedConcurrency`; undefined: the object asks for none. */
  statusOf(kind: ProvisionOwner['kind'], key: ObjectKey): ProvisionedConcurrencyStatus | undefined {
    const provision = this.#provisions.get(idOf(kind, key));
    return provision?.status ?? provision?.owner.written;
  }

  /** Calls back with every object whose status has changed. */
  onChange(listener: (kind: ProvisionOwner['kind'], key: ObjectKey) => void): void {
    this.#listeners.push(listener);
  }

  /** The function's execution environments have changed. */
  noteCounts(functionId: string): void {
    this.#tell(functionId);
  }

  #refresh(functionId: string): void {
    const { book, fleet } = this.#deps;
    const provisions = this.#take(functionId);
    const counts = this.#countAll(functionId, provisions);
    for (const provision of provisions) this.#wish(provision, counts.get(provision.owner.id));
    this.#judge(functionId, provisions);
    const wanted = sumUp(provisions);
    if (!isSame(wanted, book.provisionedOf(functionId))) {
      book.setProvisioned(functionId, wanted);
      if (this.#isStarted) fleet.evaluate();
    }
    // At first nothing is known of what there is: what was written before stands.
    if (this.#isStarted) this.#tell(functionId);
  }

  /** The owners as they are now, with what is known of each. */
  #take(functionId: string): readonly Provision[] {
    const before = this.#byFunction.get(functionId) ?? [];
    const provisions = this.#owners.of(functionId).map((owner) => {
      const known = this.#provisions.get(owner.id);
      if (known !== undefined) known.owner = owner;
      return known ?? begin(owner);
    });
    for (const { owner } of before) this.#provisions.delete(owner.id);
    for (const provision of provisions) this.#provisions.set(provision.owner.id, provision);
    if (provisions.length === 0) this.#byFunction.delete(functionId);
    else this.#byFunction.set(functionId, provisions);
    return provisions;
  }

  #wish(provision: Provision, counts: ProvisionCounts = NO_COUNTS): void {
    const nowMs = this.#deps.clock.now();
    const { owner, wish, status } = provision;
    const look = lookAt(provision, nowMs);
    provision.problem = look.kind === 'invalid' ? look.message : undefined;
    if (look.kind === 'invalid') return;
    const { written } = owner;
    provision.wish = computeProvisioned({
      spec: owner.spec,
      begun: look.begun,
      previous: status === undefined ? undefined : wish,
      written: written && {
        requested: written.requestedProvisionedConcurrentExecutions,
        sinceMs: Date.parse(written.lastModified ?? '') || 0,
      },
      sample: { nowMs, allocated: counts.allocated, busy: counts.allocated - counts.available },
    });
  }

  #judge(functionId: string, provisions: readonly Provision[]): void {
    const verdicts = judgeProvision(
      provisions.map(({ owner, wish, granted }) => ({
        owner: owner.id,
        kind: owner.kind,
        requested: wish.wanted,
        kept: granted,
        versions: owner.routing === undefined ? [] : versionsOf(owner.routing),
      })),
      provisions.some(({ wish, granted }) => wish.wanted > granted)
        ? this.#limitsOf(functionId)
        : NO_LIMITS,
    );
    for (const provision of provisions) {
      const verdict = verdicts.get(provision.owner.id);
      if (verdict === undefined && provision.problem === undefined) {
        provision.granted = provision.wish.wanted;
      }
      provision.problem ??= verdict;
    }
  }

  #limitsOf(functionId: string): ProvisionLimits {
    const { book, limits } = this.#deps;
    const all = book.limits();
    const own = all.get(functionId);
    let unreserved = limits.accountConcurrency;
    for (const [id, { namespace, reservedConcurrency }] of all) {
      if (namespace !== own?.namespace) continue;
      if (reservedConcurrency !== undefined) unreserved -= reservedConcurrency;
      else if (id !== functionId) unreserved -= total(book.provisionedOf(id));
    }
    const { minimumUnreserved } = limits;
    return { reserved: own?.reservedConcurrency, unreserved, minimumUnreserved };
  }

  #countAll(
    functionId: string,
    provisions: readonly Provision[],
  ): ReadonlyMap<string, ProvisionCounts> {
    const { fleet } = this.#deps;
    return shareCounts(provisions.map(toShare), (version) =>
      fleet.provisioned(functionId, version),
    );
  }

  #tell(functionId: string): void {
    const provisions = this.#byFunction.get(functionId) ?? [];
    const counts = this.#countAll(functionId, provisions);
    const nowMs = this.#deps.clock.now();
    for (const provision of provisions) {
      const { owner, status, toldMs } = provision;
      const next = computeProvisionStatus({
        requested: provision.wish.wanted,
        problem: provision.problem,
        isPending: owner.routing === undefined,
        counts: counts.get(owner.id) ?? NO_COUNTS,
        previous: status ?? owner.written,
        nowMs,
      });
      const isDue = nowMs - toldMs >= AVAILABLE_MS;
      if (!hasNews(status, next, isDue)) continue;
      provision.status = next;
      provision.toldMs = nowMs;
      for (const listener of this.#listeners) listener(owner.kind, owner.key);
    }
  }
}

/** Where nobody asks for more than was granted, limits have no say. */
const NO_LIMITS: ProvisionLimits = {
  reserved: undefined,
  unreserved: Infinity,
  minimumUnreserved: 0,
};
const NO_COUNTS: ProvisionCounts = { allocated: 0, available: 0, missing: 0 };

/** What an operator before us had granted is granted still: of what failed, as many as there were. */
function begin(owner: ProvisionOwner): Provision {
  const { written } = owner;
  const requested = written?.requestedProvisionedConcurrentExecutions ?? 0;
  const granted =
    written?.status === 'FAILED' ? written.allocatedProvisionedConcurrentExecutions : requested;
  return {
    owner,
    look: undefined,
    lookedFor: undefined,
    wish: { base: requested, wanted: requested, history: NO_UTILIZATION },
    granted,
    problem: undefined,
    status: undefined,
    toldMs: -Infinity,
  };
}

/** Cron expressions are read when the spec has changed, and when the next schedule begins. */
function lookAt(provision: Provision, nowMs: number): ScheduleLook {
  const { look, lookedFor, owner } = provision;
  const isOver = look?.kind === 'valid' && nowMs >= (look.nextAtMs ?? Infinity);
  if (look !== undefined && lookedFor === owner.spec && !isOver) return look;
  const next = findBegunSchedule(owner.spec.schedules ?? [], nowMs);
  provision.look = next;
  provision.lookedFor = owner.spec;
  return next;
}

/** Of $LATEST nothing is provisioned, whatever was granted while the alias pointed elsewhere. */
function toShare({ owner, granted }: Provision): ProvisionShare {
  const { id: ownerId, routing } = owner;
  const isShared = routing !== undefined && !versionsOf(routing).includes(LATEST);
  return { ownerId, parts: isShared ? splitProvision(granted, routing) : new Map() };
}

function versionsOf({
  functionVersion,
  additionalVersion,
}: NonNullable<ProvisionOwner['routing']>): readonly string[] {
  return additionalVersion === undefined
    ? [functionVersion]
    : [functionVersion, additionalVersion.version];
}

function sumUp(provisions: readonly Provision[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { parts } of provisions.map(toShare)) {
    for (const [version, count] of parts) sums.set(version, (sums.get(version) ?? 0) + count);
  }
  return sums;
}

function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

function isSame(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  return a.size === b.size && [...a].every(([version, count]) => b.get(version) === count);
}

function hasNews(
  told: ProvisionedConcurrencyStatus | undefined,
  next: ProvisionedConcurrencyStatus,
  isDue: boolean,
): boolean {
  if (told === undefined) return true;
  const availableProvisionedConcurrentExecutions = isDue
    ? told.availableProvisionedConcurrentExecutions
    : next.availableProvisionedConcurrentExecutions;
  return (
    JSON.stringify({ ...told, availableProvisionedConcurrentExecutions }) !== JSON.stringify(next)
  );
}
