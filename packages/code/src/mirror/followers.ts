import type { Clock, MirrorOrder, MirrorReport, StoredCode } from '@mayfly/core';
import { AsyncQueue } from './async-queue.ts';
import type { MirrorLogger } from './mirror-observer.ts';
import { cutOrders, planOrders, type MirrorFacts } from './plan-orders.ts';

/** One operator that mirrors what the leader has. */
export interface Follower {
  readonly orders: AsyncQueue<MirrorOrder>;
  /** What it has, as far as the leader has been told. */
  readonly theirs: Set<string>;
  /** As it calls itself. */
  replica: string;
  /** What it still says is not heard. */
  hasLeft: boolean;
}

const NOTHING: MirrorOrder = { keep: [], drop: [], give: [], isComplete: false };

/** The followers of a leader: what each has, and what is wanted of it. */
export class Followers {
  readonly #deps: { readonly clock: Clock; readonly logger: MirrorLogger };
  readonly #ours: Pick<MirrorFacts, 'kept' | 'forgotten'>;
  /** Those that have said all that they had. */
  readonly #all = new Set<Follower>();
  readonly #awaited = new Map<string, Follower>();
  /** They are not told that they have all before the leader has all. */
  readonly #held = new Set<Follower>();
  #aloneSinceMs: number;

  constructor(
    deps: { readonly clock: Clock; readonly logger: MirrorLogger },
    ours: Pick<MirrorFacts, 'kept' | 'forgotten'>,
  ) {
    this.#deps = deps;
    this.#ours = ours;
    this.#aloneSinceMs = deps.clock.now();
  }

  get size(): number {
    return this.#all.size;
  }

  /** For how long there has been none. */
  get aloneMs(): number {
    return this.#all.size > 0 ? 0 : this.#deps.clock.now() - this.#aloneSinceMs;
  }

  /** Digests of archives that a follower has been asked for. */
  get awaited(): ReadonlyMap<string, Follower> {
    return this.#awaited;
  }

  /** Whether any of them has it. */
  have(codeSha256: string): boolean {
    return [...this.#all].some(({ theirs }) => theirs.has(codeSha256));
  }

  /** One that has just come, and has said nothing yet. */
  make(): Follower {
    return { orders: new AsyncQueue(), theirs: new Set(), replica: '', hasLeft: false };
  }

  take(follower: Follower, report: MirrorReport): void {
    if (follower.hasLeft) return;
    const { kept } = this.#ours;
    follower.replica = report.replica;
    for (const codeSha256 of report.kept) follower.theirs.add(codeSha256);
    for (const codeSha256 of report.lost) {
      follower.theirs.delete(codeSha256);
      if (this.#awaited.get(codeSha256) === follower) this.#awaitAnother(codeSha256);
    }
    if (report.isComplete && !this.#all.has(follower)) {
      this.#welcome(follower);
      return;
    }
    const keep = report.lost.flatMap((codeSha256) => {
      const codeSize = kept.get(codeSha256);
      return codeSize === undefined ? [] : [{ codeSha256, codeSize }];
    });
    if (keep.length > 0 && this.#all.has(follower)) follower.orders.push({ ...NOTHING, keep });
  }

  leave(follower: Follower): void {
    follower.orders.end();
    follower.hasLeft = true;
    this.#held.delete(follower);
    if (!this.#all.delete(follower)) return;
    if (this.#all.size === 0) this.#aloneSinceMs = this.#deps.clock.now();
    for (const [codeSha256, from] of [...this.#awaited]) {
      if (from === follower) this.#awaitAnother(codeSha256);
    }
    const { replica } = follower;
    this.#deps.logger.info({ replica }, 'an operator mirrors the code store no more');
  }

  orderKeep(stored: StoredCode): void {
    this.#awaited.delete(stored.codeSha256);
    for (const { theirs, orders } of this.#all) {
      if (!theirs.has(stored.codeSha256)) orders.push({ ...NOTHING, keep: [stored] });
    }
    this.#releaseHeld();
  }

  orderDrop(codeSha256: string): void {
    for (const { theirs, orders } of this.#all) {
      theirs.delete(codeSha256);
      orders.push({ ...NOTHING, drop: [codeSha256] });
    }
  }

  #releaseHeld(): void {
    if (this.#awaited.size > 0) return;
    for (const { orders } of this.#held) orders.push({ ...NOTHING, isComplete: true });
    this.#held.clear();
  }

  #welcome(follower: Follower): void {
    const { theirs, replica, orders } = follower;
    const plan = planOrders({ ...this.#ours, awaited: this.#awaited, theirs });
    this.#all.add(follower);
    for (const codeSha256 of plan.give) this.#awaited.set(codeSha256, follower);
    for (const order of cutOrders(plan)) orders.push(order);
    this.#held.add(follower);
    this.#releaseHeld();
    const { keep, drop, give } = plan;
    const counts = { lacks: keep.length, drops: drop.length, gives: give.length };
    this.#deps.logger.info({ replica, ...counts }, 'an operator mirrors the code store');
  }

  /** Of another follower that has it, too. */
  #awaitAnother(codeSha256: string): void {
    this.#awaited.delete(codeSha256);
    if (this.#ours.kept.has(codeSha256)) return;
    const other = [...this.#all].find(({ theirs }) => theirs.has(codeSha256));
    if (other === undefined) {
      this.#releaseHeld();
      return;
    }
    this.#awaited.set(codeSha256, other);
    other.orders.push({ ...NOTHING, give: [codeSha256] });
  }
}
