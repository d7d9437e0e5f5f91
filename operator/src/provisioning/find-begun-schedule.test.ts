import { describe, it } from 'vitest';
import { findBegunSchedule } from './find-begun-schedule.ts';

type Schedules = Parameters<typeof findBegunSchedule>[0];

const WORKDAYS: Schedules = [
  { schedule: '0 8 * * 1-5', timeZone: 'Europe/Vienna', provisionedConcurrentExecutions: 20 },
  { schedule: '0 18 * * 1-5', timeZone: 'Europe/Vienna', provisionedConcurrentExecutions: 2 },
];

function look(time: string, schedules = WORKDAYS): object {
  const found = findBegunSchedule(schedules, Date.parse(time));
  if (found.kind === 'invalid') return found;
  const { begun, nextAtMs } = found;
  return {
    holds: begun?.provisionedConcurrentExecutions,
    next: nextAtMs === undefined ? undefined : new Date(nextAtMs).toISOString(),
  };
}

describe('the schedule that holds', () => {
  it.for<readonly [string, number, string]>([
    // A Friday in winter: eight o'clock in Vienna is seven o'clock UTC.
    ['2026-11-20T06:59:59.999Z', 2, '2026-11-20T07:00:00.000Z'],
    ['2026-11-20T07:00:00.000Z', 20, '2026-11-20T17:00:00.000Z'],
    ['2026-11-20T16:59:59.000Z', 20, '2026-11-20T17:00:00.000Z'],
    ['2026-11-22T12:00:00.000Z', 2, '2026-11-23T07:00:00.000Z'],
    // In summer it is six.
    ['2026-07-20T06:00:00.000Z', 20, '2026-07-20T16:00:00.000Z'],
  ])('at %s is that of %i until %s', ([time, holds, next], { expect }) => {
    expect(look(time)).toEqual({ holds, next });
  });

  it('begins once on the night that has no half past two, and once on the one that has two', ({
    expect,
  }) => {
    const nightly: Schedules = [
      { schedule: '30 2 * * *', timeZone: 'Europe/Vienna', provisionedConcurrentExecutions: 1 },
    ];
    const beginnings = (from: string): (number | undefined)[] => {
      const found = findBegunSchedule(nightly, Date.parse(from));
      return found.kind === 'valid' ? [found.begun?.beganAtMs, found.nextAtMs] : [];
    };
    expect(beginnings('2026-03-29T12:00:00Z')).toEqual([
      Date.parse('2026-03-29T01:00:00Z'),
      Date.parse('2026-03-30T00:30:00Z'),
    ]);
    expect(beginnings('2026-10-25T12:00:00Z')).toEqual([
      Date.parse('2026-10-25T00:30:00Z'),
      Date.parse('2026-10-26T01:30:00Z'),
    ]);
  });

  it('is the later in the list of two that begin together', ({ expect }) => {
    const [first, second] = WORKDAYS;
    if (first === undefined || second === undefined) throw new Error('two are needed');
    const same = [first, { ...second, schedule: first.schedule }];
    expect(look('2026-11-20T09:00:00Z', same)).toMatchObject({ holds: 2 });
  });

  it('is none of a day that never comes', ({ expect }) => {
    const never = [{ schedule: '0 0 30 2 *', timeZone: 'UTC', provisionedConcurrentExecutions: 1 }];
    expect(look('2026-11-20T09:00:00Z', never)).toEqual({ holds: undefined, next: undefined });
    expect(look('2026-11-20T09:00:00Z', [])).toEqual({ holds: undefined, next: undefined });
  });

  it.for<readonly [string, string, RegExp]>([
    ['0 8 * *', 'UTC', /^schedules\[0\]: `0 8 \* \*` in UTC cannot be read: it must have five/],
    ['0 0 8 * * *', 'UTC', /five fields/],
    ['61 8 * * *', 'UTC', /minute/],
    ['0 8 * * 1-5', 'Mars/Olympus', /Mars\/Olympus/],
    ['0 8 * * nobody', 'UTC', /cannot be read/],
  ])('cannot be told of `%s` in %s', ([schedule, timeZone, message], { expect }) => {
    const broken = [{ schedule, timeZone, provisionedConcurrentExecutions: 1 }];
    expect(look('2026-11-20T09:00:00Z', broken)).toEqual({
      kind: 'invalid',
      message: expect.stringMatching(message),
    });
  });
});
