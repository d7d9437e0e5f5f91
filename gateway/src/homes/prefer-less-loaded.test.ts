import fc from 'fast-check';
import { describe, it } from 'vitest';
import { preferLessLoaded } from './prefer-less-loaded.ts';

const ALL = ['a', 'b', 'c'].map((gatewayId) => ({ gatewayId }));
const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('the less loaded of two', () => {
  it('is never the most loaded one, and nobody is left out', ({ expect }) => {
    fc.assert(
      fc.property(fc.infiniteStream(unit), fc.constantFrom(...ALL), (stream, worst) => {
        const ordered = preferLessLoaded(ALL, {
          random: () => stream.next().value,
          inFlightTo: (gatewayId) => (gatewayId === worst.gatewayId ? 9 : 1),
        });

        expect(ordered[0]).not.toBe(worst);
        expect(new Set(ordered)).toEqual(new Set(ALL));
      }),
    );
  });

  it('is anyone while all have the same', ({ expect }) => {
    let n = 0;
    const random = (): number => ((n += 1) % 97) / 97;
    const firsts = Array.from({ length: 300 }, () =>
      preferLessLoaded(ALL, { random, inFlightTo: () => 0 }),
    ).map(([first]) => first?.gatewayId);

    expect(new Set(firsts)).toEqual(new Set(['a', 'b', 'c']));
  });

  it('of one is that one, of none nobody', ({ expect }) => {
    const view = { random: () => 0.99, inFlightTo: () => 0 };
    expect(preferLessLoaded(ALL.slice(0, 1), view)).toEqual(ALL.slice(0, 1));
    expect(preferLessLoaded([], view)).toEqual([]);
  });
});
