import fc from 'fast-check';
import { describe, it } from 'vitest';
import { splitProvision } from './split-provision.ts';

function split(count: number, weight: number): Record<string, number> {
  const additionalVersion = { version: '2', weight };
  return Object.fromEntries(splitProvision(count, { functionVersion: '1', additionalVersion }));
}

describe('what is provisioned for an alias', () => {
  it.for<readonly [number, number, Record<string, number>]>([
    [10, 0.1, { 1: 9, 2: 1 }],
    [10, 0.01, { 1: 9, 2: 1 }],
    [2, 0.99, { 1: 1, 2: 1 }],
    [3, 0.5, { 1: 1, 2: 2 }],
    [1, 0.1, { 1: 1 }],
    [1, 0.9, { 2: 1 }],
    [7, 0, { 1: 7 }],
    [7, 1, { 2: 7 }],
    [0, 0.5, {}],
  ])('of %i at a weight of %f is %o', ([count, weight, parts], { expect }) => {
    expect(split(count, weight)).toEqual(parts);
  });

  it('goes to the only version there is', ({ expect }) => {
    expect(splitProvision(4, { functionVersion: '3' })).toEqual(new Map([['3', 4]]));
  });

  it('always adds up, with one for each version that has a share', ({ expect }) => {
    const weights = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.nat(100_000), weights, (count, weight) => {
        const parts = split(count, weight);
        const sum = Object.values(parts).reduce((total, part) => total + part, 0);
        expect(sum).toBe(count);
        const isShared = count >= 2 && weight > 0 && weight < 1;
        if (isShared) expect(Object.keys(parts)).toEqual(['1', '2']);
      }),
    );
  });
});
