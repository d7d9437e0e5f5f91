import { rankGateways } from '@mayfly/core';
import { describe, it } from 'vitest';
import { Homes } from './homes.ts';

const ALL = ['a', 'b', 'c'].map((gatewayId) => ({ gatewayId, address: `${gatewayId}:8082` }));
const FUNCTIONS = Array.from({ length: 60 }, (_, index) => `default/f${index.toString()}`);

describe('Homes', () => {
  it('knows nothing before the operator has spoken, unless it is alone', ({ expect }) => {
    const homes = new Homes({ gatewayId: 'a', isAlone: false });
    expect([homes.isKnown, homes.isHome('default/f')]).toEqual([false, true]);
    homes.setMembers(ALL);
    expect(homes.isKnown).toBe(true);
    const alone = new Homes({ gatewayId: 'a', isAlone: true });
    expect([alone.isKnown, alone.isHome('default/f')]).toEqual([true, true]);
  });

  it('names those that rank before us, in order', ({ expect }) => {
    const homes = new Homes({ gatewayId: 'a', isAlone: false });
    homes.setMembers(ALL);
    for (const id of FUNCTIONS) {
      const ranked = rankGateways(id, ALL).map(({ gatewayId }) => gatewayId);
      const before = homes.homesBeforeUs(id).map(({ gatewayId }) => gatewayId);
      expect(before).toEqual(ranked.slice(0, ranked.indexOf('a')));
    }
    expect(homes.siblings.map(({ gatewayId }) => gatewayId)).toEqual(['b', 'c']);
  });

  it('is home to nothing once it drains, whatever the operator has not heard', ({ expect }) => {
    const homes = new Homes({ gatewayId: 'a', isAlone: false });
    homes.setMembers(ALL);
    homes.drain();
    homes.setMembers(ALL);
    expect(FUNCTIONS.filter((id) => homes.isHome(id))).toEqual([]);
    expect(homes.homesBeforeUs('default/f')).toHaveLength(2);
    homes.setMembers([{ gatewayId: 'a', address: 'a:8082' }]);
    expect(homes.isHome('default/f')).toBe(true);
  });
});
