import fc from 'fast-check';
import { describe, it } from 'vitest';
import { decideShares, type ShareMember } from './shares.ts';

function held(gatewayId: string, count: number, isIdle = true): ShareMember[] {
  return Array.from({ length: count }, (_, n) => ({
    executionEnvironmentId: `${gatewayId}-${n.toString()}`,
    gatewayId,
    isIdle,
    idleSinceMs: n,
  }));
}

describe('shares of the homes of a function', () => {
  it('gives a new home as many as the others have', ({ expect }) => {
    const moves = decideShares([...held('a', 4), ...held('b', 5)], ['a', 'b', 'c']);

    expect(moves).toHaveLength(3);
    expect(new Set(moves.map(({ to }) => to))).toEqual(new Set(['c']));
  });

  it('leaves the only one where it is', ({ expect }) => {
    expect(decideShares(held('a', 1), ['a', 'b'])).toEqual([]);
  });

  it('leaves what is nearly equal', ({ expect }) => {
    expect(decideShares([...held('a', 6), ...held('b', 2)], ['a', 'b'])).toEqual([]);
  });

  it('prefers those that are idle, and of those the one that nobody has used for longest', ({
    expect,
  }) => {
    const members = [...held('a', 2, false), ...held('a2', 2)].map((m) => ({
      ...m,
      gatewayId: 'a',
    }));

    expect(decideShares(members, ['a', 'b'])).toEqual([
      { executionEnvironmentId: 'a2-0', to: 'b' },
      { executionEnvironmentId: 'a2-1', to: 'b' },
    ]);
  });

  it('leaves nothing to do once it is done', ({ expect }) => {
    const homes = ['a', 'b', 'c', 'd'];
    const member = fc.record({
      executionEnvironmentId: fc.uuid(),
      gatewayId: fc.constantFrom(...homes, undefined),
      isIdle: fc.boolean(),
      idleSinceMs: fc.nat(),
    });
    const members = fc.uniqueArray(member, { selector: (m) => m.executionEnvironmentId });
    fc.assert(
      fc.property(members, (before) => {
        const moves = new Map(
          decideShares(before, homes).map((m) => [m.executionEnvironmentId, m.to]),
        );
        const after = before.map((m) => ({
          ...m,
          gatewayId: moves.get(m.executionEnvironmentId) ?? m.gatewayId,
        }));

        expect(decideShares(after, homes)).toEqual([]);
      }),
    );
  });
});
