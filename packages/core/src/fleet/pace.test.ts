import { describe, it } from 'vitest';
import { computePatienceMs, computeWanted, updateTypicalMs } from './pace.ts';

describe('the pace of a function', () => {
  it.for([
    [100, 20, 1_000, 4],
    [1, 0, 1_000, 1],
    [8, 2_000, 1_000, 8],
    [10, 499, 1_000, 10],
    [10, 250, 1_000, 5],
    [10, 250, 4_000, 2],
    [10, 250, 0, 10],
    [0, 20, 1_000, 0],
  ] as const)(
    '%i that wait, of %i ms, want of those that start in %i ms %i more',
    ([queued, invocationMs, startMs, wanted], { expect }) => {
      expect(computeWanted(queued, { invocationMs, startMs, isSeen: true }, 0)).toBe(wanted);
    },
  );

  it.for([
    [10, 1_000, 250],
    [10, 8_000, 2_000],
    [499, 1_000, 250],
    [500, 1_000, 0],
    [10, 0, 0],
  ] as const)(
    'makes invocations of %i ms, where a start takes %i ms, wait for %i ms',
    ([invocationMs, startMs, patienceMs], { expect }) => {
      expect(computePatienceMs({ invocationMs, startMs })).toBe(patienceMs);
    },
  );

  it('is soon known after it has changed', ({ expect }) => {
    const seen = [2_000, 20, 20, 20, 20, 20, 20, 20];
    const typicalMs = seen.reduce<number | undefined>(updateTypicalMs, undefined);
    expect(updateTypicalMs(undefined, 2_000)).toBe(2_000);
    expect(typicalMs).toBeLessThan(100);
  });
});

describe('what is wanted where no invocation has been seen to end', () => {
  const pace = { invocationMs: 100, startMs: 1_000, isSeen: false };

  it.for([
    [1, 0, 1],
    [5, 0, 5],
    [20, 0, 5],
    [100, 0, 20],
    [20, 1, 20],
    [100, 1, 80],
    [3, 2, 3],
    [0, 0, 0],
  ] as const)('by %i that wait, after %i waves, is %i', ([queued, waves, wanted], { expect }) => {
    expect(computeWanted(queued, pace, waves)).toBe(wanted);
  });
});

describe('what is wanted where nothing takes any time', () => {
  it('is one', ({ expect }) => {
    expect(computeWanted(3, { invocationMs: 0, startMs: 0, isSeen: true }, 0)).toBe(1);
  });
});

describe('what is wanted when all that were started have come, and invocations wait on', () => {
  it('is four times as much, and one for each in the end', ({ expect }) => {
    const pace = { invocationMs: 5, startMs: 1_000, isSeen: true };
    const wanted = [0, 1, 2, 3, 400].map((waves) => computeWanted(20, pace, waves));
    expect(wanted).toEqual([1, 4, 16, 20, 20]);
  });
});
