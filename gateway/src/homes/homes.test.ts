import { rankGateways } from '@mayfly/core';
import { describe, it } from 'vitest';
import { Homes } from './homes.ts';

const ALL = ['a', 'b', 'c'].map((gatewayId) => ({ gatewayId, address: `${gatewayId}:8082` }));
const FUNCTIONS = Array.from({ length: 60 }, (_, index) => `default/f${index.toString()}`);

const calm = { random: () => 0.5, inFlightTo: () => 0 };

describe('Homes', () => {
  it('knows nothing before the operator has spoken, unless it is alone', ({ expect }) => {
    const homes = new Homes({ gatewayId: 'a', isAlone: false, ...calm });
    expect([homes.isKnown, homes.isHome('default/f')]).toEqual([false, true]);
    homes.setMembers(ALL);
    expect(homes.isKnown).toBe(true);
    const alone = new Homes({ gatewayId: 'a', isAlone: true, ...calm });
    expect([alone.isKnown, alone.isHome('default/f')]).toEqual([true, true]);
  });

  it('names those that rank before us, in order', ({ expect }) => {
    const homes = new Homes({ gatewayId: 'a', isAlone: false, ...calm });
    homes.setMembers(ALL);
    for (const id of FUNCTIONS) {
      const ranked = rankGateways(id, ALL).map(({ gatewayId }) => gatewayId);
      const before = homes.homesBeforeUs(id).map(({ gatewayId }) => gatewayId);
      expect(before).toEqual(ranked.slice(0, ranked.indexOf('a')));
    }
    expect(homes.siblings.map(({ gatewayId }) => gatewayId)).toEqual(['b', 'c']);
  });

  it('are several where the operator says so: each of them is home, others go to the less loaded of two', ({
    expect,
  }) => {
    const id = 'default/hot';
    const [first = '', second = '', third = ''] = rankGateways(id, ALL).map((g) => g.gatewayId);
    const of = (gatewayId: string): Homes => {
      const inFlightTo = (to: string): number => (to === first ? 5 : 2);
      const homes = new Homes({ gatewayId, isAlone: false, random: () => 0.1, inFlightTo });
      homes.setMembers(ALL);
      homes.setSpread([{ functionId: id, homes: 2 }]);
      return homes;
    };

    expect([first, second, third].map((one) => of(one).isHome(id))).toEqual([true, true, false]);
    expect(
      of(third)
        .homesBeforeUs(id)
        .map((g) => g.gatewayId),
    ).toEqual([second, first]);
    expect(
      of(first)
        .fellowHomes(id)
        .map((g) => g.gatewayId),
    ).toEqual([second]);
    expect(of(third).fellowHomes(id)).toEqual([]);
    expect(of(first).fellowHomes('default/other')).toEqual([]);
  });

  it('is home to nothing once it drains, whatever the operator has not heard', ({ expect }) => {
    const homes = new Homes({ gatewayId: 'a', isAlone: false, ...calm });
    homes.setMembers(ALL);
    homes.drain();
    homes.setMembers(ALL);
    expect(FUNCTIONS.filter((id) => homes.isHome(id))).toEqual([]);
    expect(homes.homesBeforeUs('default/f')).toHaveLength(2);
    homes.setMembers([{ gatewayId: 'a', address: 'a:8082' }]);
    expect(homes.isHome('default/f')).toBe(true);
  });
});
