import fc from 'fast-check';
import { describe, it } from 'vitest';
import { refillCreations, waitForCreationMs } from './creation-rate.ts';

const LIMITS = { burst: 5, perSecond: 10 };

describe('the rate of creations', () => {
  it('refills by the second and never beyond the burst', ({ expect }) => {
    expect(refillCreations({ left: 0, atMs: 0 }, LIMITS, 300)).toEqual({ left: 3, atMs: 300 });
    expect(refillCreations({ left: 4, atMs: 0 }, LIMITS, 10_000)).toEqual({
      left: 5,
      atMs: 10_000,
    });
  });

  it('takes nothing back when a clock goes backwards', ({ expect }) => {
    expect(refillCreations({ left: 2, atMs: 100 }, LIMITS, 50)).toEqual({ left: 2, atMs: 50 });
  });

  it('allows one more after the time that it says', ({ expect }) => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 5, noNaN: true }),
        fc.integer({ min: 1, max: 100 }),
        (left, perSecond) => {
          const waitMs = waitForCreationMs({ left, atMs: 0 }, perSecond);
          const then = refillCreations({ left, atMs: 0 }, { burst: 5, perSecond }, waitMs);
          expect(then.left).toBeGreaterThanOrEqual(1 - 1e-9);
        },
      ),
    );
  });
});
