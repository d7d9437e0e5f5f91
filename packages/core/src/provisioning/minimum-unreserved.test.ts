import { describe, it } from 'vitest';
import { minimumUnreserved } from './minimum-unreserved.ts';

describe('minimumUnreserved', () => {
  it.for([
    [1000, 100],
    [5000, 100],
    [50, 5],
    [9, 0],
  ] as const)('of an account of %i is %i', ([accountConcurrency, least], { expect }) => {
    expect(minimumUnreserved({ accountConcurrency })).toBe(least);
  });
});
