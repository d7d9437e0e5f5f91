import fc from 'fast-check';
import { describe, it } from 'vitest';
import {
  NO_UTILIZATION,
  trackUtilization,
  type TargetTracking,
  type Tracked,
} from './track-utilization.ts';

const TRACKING: TargetTracking = { utilization: 0.7, minimum: 2, maximum: 100 };
const LOOK_MS = 5_000;

/** What becomes of `wanted`, minute by minute, when all of them are there and so many are busy. */
function follow(
  start: number,
  minutes: readonly ((wanted: number) => number)[],
  tracking = TRACKING,
): number[] {
  let nowMs = 0;
  let tracked: Tracked = { wanted: start, history: NO_UTILIZATION };
  const path: number[] = [];
  for (const busyOf of minutes) {
    for (let look = 0; look < 12; look += 1) {
      const { wanted } = tracked;
      const sample = { nowMs, allocated: wanted, busy: busyOf(wanted) };
      tracked = trackUtilization(tracked, tracking, sample);
      nowMs += LOOK_MS;
    }
    path.push(tracked.wanted);
  }
  return path;
}

const repeat = (minutes: number, busyOf: (wanted: number) => number) =>
  Array.from({ length: minutes }, () => busyOf);

describe('target tracking', () => {
  it('makes more after three minutes above the target, then after three more', ({ expect }) => {
    const path = follow(
      10,
      repeat(8, (wanted) => wanted),
    );
    // A minute is known when the next one begins.
    expect(path).toEqual([10, 10, 10, 15, 15, 15, 22, 22]);
  });

  it('makes nothing more for two minutes above the target', ({ expect }) => {
    const path = follow(10, [
      ...repeat(2, () => 10),
      ...repeat(1, () => 6),
      ...repeat(2, () => 10),
    ]);
    expect(new Set(path)).toEqual(new Set([10]));
  });

  it('keeps what is a little below the target', ({ expect }) => {
    expect(
      new Set(
        follow(
          100,
          repeat(60, () => 65),
        ),
      ),
    ).toEqual(new Set([100]));
  });

  it('lets a tenth go each minute after fifteen below, down to what the load needs', ({
    expect,
  }) => {
    const path = follow(
      20,
      repeat(40, () => 8),
    );
    expect(path.slice(0, 15)).toEqual(Array.from({ length: 15 }, () => 20));
    expect(path.slice(15, 20)).toEqual([18, 17, 16, 15, 14]);
    expect(path.at(-1)).toBe(12);
  });

  it('looks away while nothing is there', ({ expect }) => {
    let tracked: Tracked = { wanted: 5, history: NO_UTILIZATION };
    for (let nowMs = 0; nowMs < 3_600_000; nowMs += LOOK_MS) {
      tracked = trackUtilization(tracked, TRACKING, { nowMs, allocated: 0, busy: 0 });
    }
    expect(tracked).toMatchObject({ wanted: 5, history: { minutes: [] } });
  });

  it('never leaves its bounds', ({ expect }) => {
    const bounds = fc
      .tuple(fc.integer({ min: 1, max: 50 }), fc.nat(50), fc.integer({ min: 1, max: 9 }))
      .map(([minimum, more, tenths]) => ({
        minimum,
        maximum: minimum + more,
        utilization: tenths / 10,
      }));
    const loads = fc.array(fc.nat(100), { maxLength: 60 });
    fc.assert(
      fc.property(bounds, loads, (tracking, busy) => {
        const minutes = busy.map((count) => (wanted: number) => Math.min(wanted, count));
        for (const wanted of follow(tracking.minimum, minutes, tracking)) {
          expect(wanted).toBeGreaterThanOrEqual(tracking.minimum);
          expect(wanted).toBeLessThanOrEqual(tracking.maximum);
        }
      }),
    );
  });

  it('comes to rest under a load that stays', ({ expect }) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 60 }),
        fc.integer({ min: 2, max: 100 }),
        (busy, start) => {
          const path = follow(
            start,
            repeat(200, (wanted) => Math.min(wanted, busy)),
          );
          const rest = path.at(-1) ?? 0;
          expect(new Set(path.slice(-30))).toEqual(new Set([rest]));
          expect(rest === 2 || Math.min(rest, busy) / rest <= 0.7 || rest === 100).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });
});
