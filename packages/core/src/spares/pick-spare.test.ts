import fc from 'fast-check';
import { describe, it } from 'vitest';
import { pickSpare, type PoolSupply } from './pick-spare.ts';

const BOTH = { down: true, up: true };
const NONE = { down: false, up: false };

function pools(...waiting: readonly (readonly [number, number])[]): PoolSupply[] {
  return waiting.map(([memorySizeMb, count]) => ({
    poolId: memorySizeMb.toString(),
    memorySizeMb,
    waiting: count,
  }));
}

describe('picking a spare', () => {
  it.for([
    [pools([128, 1], [256, 1], [512, 1]), BOTH, '256', 'exact'],
    [pools([1024, 1], [512, 1], [128, 1]), BOTH, '512', 'resized'],
    [pools([1024, 1], [512, 0], [255, 1]), BOTH, '1024', 'resized'],
    [pools([128, 1], [192, 1], [512, 0]), BOTH, '192', 'resized'],
    [pools([192, 1], [2048, 1]), { down: true, up: false }, '2048', 'resized'],
    [pools([192, 1], [257, 1]), { down: false, up: true }, '192', 'resized'],
    [pools([256, 1], [257, 1]), NONE, '256', 'exact'],
  ] as const)('takes the nearest that can serve 256 MB: %#', (row, { expect }) => {
    const [supply, can, poolId, fit] = row;
    expect(pickSpare(256, supply, can)).toEqual({ kind: 'hit', poolId, fit });
  });

  it.for([
    [[], BOTH, 'no_pool'],
    [pools([256, 0]), BOTH, 'empty'],
    [pools([512, 0], [128, 0]), BOTH, 'empty'],
    [pools([256, 0]), NONE, 'empty'],
    [pools([512, 1]), NONE, 'no_resize'],
    [pools([512, 0]), NONE, 'no_resize'],
    [pools([256, 0], [512, 1]), NONE, 'no_resize'],
    [pools([128, 1]), { down: true, up: false }, 'no_resize'],
  ] as const)('says why there is none: %#', ([supply, can, reason], { expect }) => {
    expect(pickSpare(256, supply, can)).toEqual({ kind: 'miss', reason });
  });

  it('never takes what is empty, nor what cannot be resized', ({ expect }) => {
    const size = fc.integer({ min: 128, max: 10_240 });
    const supply = fc.array(
      fc.record({ poolId: fc.uuid(), memorySizeMb: size, waiting: fc.nat(2) }),
    );
    const can = fc.record({ down: fc.boolean(), up: fc.boolean() });
    fc.assert(
      fc.property(size, supply, can, (wanted, all, ability) => {
        const pick = pickSpare(wanted, all, ability);
        if (pick.kind === 'miss') return;
        const pool = all.find(({ poolId }) => poolId === pick.poolId);
        expect(pool?.waiting).toBeGreaterThan(0);
        const surplus = (pool?.memorySizeMb ?? 0) - wanted;
        if (surplus > 0) expect(ability.down).toBe(true);
        if (surplus < 0) expect(ability.up).toBe(true);
        expect(pick.fit).toBe(surplus === 0 ? 'exact' : 'resized');
      }),
    );
  });
});
