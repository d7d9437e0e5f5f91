/** What is known of one pool. */
export interface PoolFill {
  readonly poolId: string;
  /** How many there should be. */
  readonly size: number;
  /** How many there are, waiting or on their way. */
  readonly kept: number;
  /** None of it is made before: the last try failed. */
  readonly notBeforeMs: number;
}

/** What is known when a spare could be made. */
export interface RefillFacts {
  readonly pools: readonly PoolFill[];
  /** Execution environments that somebody waits for, and that are on their way. */
  readonly startingOnDemand: number;
  /** When no node had room for one of those, the last time. */
  readonly lastFullMs: number | undefined;
  /** Since when nothing was made although something was missing. */
  readonly heldSinceMs: number | undefined;
  readonly nowMs: number;
}

/** What is to be done about it. */
export type RefillDecision =
  | { readonly kind: 'make'; readonly poolId: string }
  /** Those that somebody waits for come first. */
  | { readonly kind: 'hold' }
  | { readonly kind: 'wait'; readonly forMs: number }
  | { readonly kind: 'full' };

/** Where calls never stop starting something, pools would stay empty, and more and more would be started. */
const LONGEST_HOLD_MS = 30_000;
/** Whoever found no room tries again; what has become free meanwhile is not for spares. */
const FULL_HOLD_MS = 30_000;

/** Decides about the next spare: of the pool that has the smallest share of what it should have. */
export function decideRefill(facts: RefillFacts): RefillDecision {
  const { pools, startingOnDemand, lastFullMs, heldSinceMs, nowMs } = facts;
  const missing = pools.filter(({ kept, size }) => kept < size);
  if (missing.length === 0) return { kind: 'full' };
  const due = missing.filter(({ notBeforeMs }) => notBeforeMs <= nowMs);
  const [next] = due.sort((a, b) => a.kept / a.size - b.kept / b.size);
  if (next === undefined) {
    return { kind: 'wait', forMs: Math.min(...missing.map((one) => one.notBeforeMs)) - nowMs };
  }
  if (lastFullMs !== undefined && nowMs - lastFullMs < FULL_HOLD_MS) return { kind: 'hold' };
  const isHeldLong = heldSinceMs !== undefined && nowMs - heldSinceMs >= LONGEST_HOLD_MS;
  if (startingOnDemand > 0 && !isHeldLong) return { kind: 'hold' };
  return { kind: 'make', poolId: next.poolId };
}
