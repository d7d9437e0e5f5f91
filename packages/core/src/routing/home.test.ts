import { describe, it } from 'vitest';
import { findHome, rankGateways } from './home.ts';

const GATEWAYS = ['a', 'b', 'c', 'd'].map((gatewayId) => ({ gatewayId }));
const FUNCTIONS = Array.from({ length: 4000 }, (_, i) => `default/function-${i.toString()}`);

function countByHome(gateways: readonly { gatewayId: string }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const fn of FUNCTIONS) {
    const id = findHome(fn, gateways)?.gatewayId ?? '';
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

describe('the home of a function', () => {
  it('is the first in the ranking, whatever the order of the members', ({ expect }) => {
    for (const fn of FUNCTIONS.slice(0, 200)) {
      expect(findHome(fn, GATEWAYS)).toBe(rankGateways(fn, [...GATEWAYS].reverse())[0]);
    }
  });

  it('is spread evenly', ({ expect }) => {
    for (const count of countByHome(GATEWAYS).values()) {
      expect(count).toBeGreaterThan(850);
      expect(count).toBeLessThan(1150);
    }
  });

  it('moves only when its gateway goes, to the next in the ranking', ({ expect }) => {
    const rest = GATEWAYS.filter(({ gatewayId }) => gatewayId !== 'b');
    for (const fn of FUNCTIONS.slice(0, 500)) {
      const ranking = rankGateways(fn, GATEWAYS);
      const expected = ranking.find(({ gatewayId }) => gatewayId !== 'b');
      expect(findHome(fn, rest)).toBe(expected);
    }
  });

  it('is nobody without gateways', ({ expect }) => {
    const nobody: typeof GATEWAYS = [];
    expect(findHome('default/hello', nobody)).toBeUndefined();
    expect(rankGateways('default/hello', nobody)).toEqual([]);
  });

  it('does not hang on the order of two gateways with the same name', ({ expect }) => {
    const twins = [{ gatewayId: 'a' }, { gatewayId: 'a' }];
    expect(findHome('default/hello', twins)?.gatewayId).toBe('a');
    expect(rankGateways('default/hello', twins)).toHaveLength(2);
  });
});
