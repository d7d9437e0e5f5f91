import type { ProvisionedConcurrency } from '@mayfly/api';
import type { BegunSchedule } from '@mayfly/core';
import { Cron } from 'croner';

/** What the schedules say at a moment. */
export type ScheduleLook =
  | {
      readonly kind: 'valid';
      /** The schedule that began last; undefined: none ever did. */
      readonly begun: BegunSchedule | undefined;
      /** When the next one begins; undefined: none ever will. */
      readonly nextAtMs: number | undefined;
    }
  /** One of them cannot be read. */
  | { readonly kind: 'invalid'; readonly message: string };

type Schedules = NonNullable<ProvisionedConcurrency['schedules']>;

/**
 * Finds the schedule that holds. Of two that begin in the same minute the later in the list holds. What lies
 * before the object was made counts, too: what holds is a matter of the time, and of nothing that was before.
 */
export function findBegunSchedule(schedules: Schedules, nowMs: number): ScheduleLook {
  let begun: BegunSchedule | undefined;
  let nextAtMs: number | undefined;
  for (const [at, schedule] of schedules.entries()) {
    const runs = readRuns(schedule, nowMs);
    if (runs instanceof Error) {
      const { schedule: text, timeZone } = schedule;
      const message = `schedules[${String(at)}]: \`${text}\` in ${timeZone} cannot be read: ${runs.message}`;
      return { kind: 'invalid', message };
    }
    const { provisionedConcurrentExecutions } = schedule;
    if (runs.lastMs !== undefined && runs.lastMs >= (begun?.beganAtMs ?? 0)) {
      begun = { beganAtMs: runs.lastMs, provisionedConcurrentExecutions };
    }
    nextAtMs = Math.min(nextAtMs ?? Infinity, runs.nextMs ?? Infinity);
  }
  return { kind: 'valid', begun, nextAtMs: nextAtMs === Infinity ? undefined : nextAtMs };
}

interface Runs {
  readonly lastMs: number | undefined;
  readonly nextMs: number | undefined;
}

function readRuns({ schedule, timeZone }: Schedules[number], nowMs: number): Runs | Error {
  // Five fields and nothing else: no seconds, no nicknames.
  if (schedule.trim().split(/\s+/).length !== 5) return new Error('it must have five fields');
  try {
    const cron = new Cron(schedule, { timezone: timeZone, mode: '5-part', paused: true });
    // The moment itself is in the past: a schedule of eight o'clock holds at eight o'clock.
    const [last] = cron.previousRuns(1, new Date(nowMs + 1));
    const [next] = cron.nextRuns(1, new Date(nowMs));
    return { lastMs: last?.getTime(), nextMs: next?.getTime() };
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
