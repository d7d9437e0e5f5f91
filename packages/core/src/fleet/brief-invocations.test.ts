import { describe, it } from 'vitest';
import { areBrief, computeWanted } from './brief-invocations.ts';

describe('invocations that wait', () => {
  it.for([
    [100, 20, 4],
    [1, 0, 1],
    [8, 2_000, 8],
    [10, 499, 10],
    [10, 250, 5],
    [0, 20, 0],
  ] as const)(
    '%i of %i ms want %i more execution environments',
    ([queued, ms, wanted], context) => {
      context.expect(computeWanted(queued, ms)).toBe(wanted);
    },
  );

  it('are brief below half a second', ({ expect }) => {
    expect([areBrief(499), areBrief(500)]).toEqual([true, false]);
  });
});
