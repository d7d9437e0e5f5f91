import { describe, it } from 'vitest';
import { decideRefill, type PoolFill, type RefillFacts } from './decide-refill.ts';

function aPool(poolId: string, kept: number, overrides: Partial<PoolFill> = {}): PoolFill {
  return { poolId, kept, size: 2, notBeforeMs: 0, ...overrides };
}

function decide(pools: readonly PoolFill[], overrides: Partial<RefillFacts> = {}) {
  return decideRefill({
    pools,
    startingOnDemand: 0,
    lastFullMs: undefined,
    heldSinceMs: undefined,
    nowMs: 100_000,
    ...overrides,
  });
}

describe('deciding about the next spare', () => {
  it('makes one of the pool that lacks most', ({ expect }) => {
    expect(decide([aPool('a', 1), aPool('b', 0)])).toEqual({ kind: 'make', poolId: 'b' });
    const large = aPool('large', 5, { size: 20 });
    expect(decide([aPool('a', 1), large])).toEqual({ kind: 'make', poolId: 'large' });
  });

  it('makes none of a full pool, nor of one that is too full', ({ expect }) => {
    expect(decide([aPool('a', 2), aPool('b', 3)])).toEqual({ kind: 'full' });
    expect(decide([aPool('a', 0, { size: 0 })])).toEqual({ kind: 'full' });
  });

  it('holds while something starts that somebody waits for, but not for ever', ({ expect }) => {
    const missing = [aPool('a', 0)];
    expect(decide(missing, { startingOnDemand: 1 })).toEqual({ kind: 'hold' });
    const held = { startingOnDemand: 1, heldSinceMs: 70_001 };
    expect(decide(missing, held)).toEqual({ kind: 'hold' });
    expect(decide(missing, { ...held, heldSinceMs: 70_000 })).toMatchObject({ kind: 'make' });
  });

  it('holds while nodes are full, however long', ({ expect }) => {
    const missing = [aPool('a', 0)];
    expect(decide(missing, { lastFullMs: 70_001, heldSinceMs: 0 })).toEqual({ kind: 'hold' });
    expect(decide(missing, { lastFullMs: 70_000, heldSinceMs: 0 })).toMatchObject({ kind: 'make' });
  });

  it('waits where the last try failed, and meanwhile makes those of other pools', ({ expect }) => {
    const failed = aPool('a', 0, { notBeforeMs: 107_000 });
    const later = aPool('b', 0, { notBeforeMs: 109_000 });
    expect(decide([failed, later])).toEqual({ kind: 'wait', forMs: 7_000 });
    expect(decide([failed, aPool('c', 1)])).toEqual({ kind: 'make', poolId: 'c' });
  });
});
