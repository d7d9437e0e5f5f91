import type { ProvisionedConcurrency } from '@mayfly/api';

/** Follows the load, between two bounds. */
export type TargetTracking = NonNullable<ProvisionedConcurrency['targetTracking']>;

/** One look at those that are provisioned. */
export interface UtilizationSample {
  readonly nowMs: number;
  /** How many are initialised. */
  readonly allocated: number;
  /** How many of these run an invocation. */
  readonly busy: number;
}

/** What is remembered: the utilization of the last minutes, each the average of the looks within it. */
export interface UtilizationHistory {
  /** Whole minutes, the newest last; at most as many as are looked at. */
  readonly minutes: readonly number[];
  /** The minute that is not over. */
  readonly open: { readonly startMs: number; readonly sum: number; readonly count: number };
}

const MINUTE_MS = 60_000;
/** So many minutes in a row above the target, and more are made at once. As in Lambda. */
const MINUTES_ABOVE = 3;
/** So many minutes in a row below, and some go. As in Lambda. */
const MINUTES_BELOW = 15;
/** Below means: below so much of the target. As in Lambda. */
const BELOW_SHARE = 0.9;
/** Of those that there are, so much goes within a minute; at least one. */
const SHRINK_SHARE = 0.1;

/** Remembers nothing. */
export const NO_UTILIZATION: UtilizationHistory = {
  minutes: [],
  open: { startMs: 0, sum: 0, count: 0 },
};

/** Takes a look into the history. Where nothing is provisioned, there is nothing to see. */
export function noteUtilization(
  history: UtilizationHistory,
  { nowMs, allocated, busy }: UtilizationSample,
): UtilizationHistory {
  const { open, minutes } = history;
  const isOver = open.count > 0 && nowMs - open.startMs >= MINUTE_MS;
  const closed = isOver ? [...minutes, open.sum / open.count].slice(-MINUTES_BELOW) : minutes;
  const rest = isOver || open.count === 0 ? { startMs: nowMs, sum: 0, count: 0 } : open;
  if (allocated === 0) return { minutes: closed, open: rest };
  const sum = rest.sum + Math.min(1, busy / allocated);
  return { minutes: closed, open: { ...rest, sum, count: rest.count + 1 } };
}

/** How many there are to be, and what is remembered from here on. */
export interface Tracked {
  readonly wanted: number;
  readonly history: UtilizationHistory;
}

/** Decides once a minute that is over how many there are to be. */
export function trackUtilization(
  { wanted, history }: Tracked,
  tracking: TargetTracking,
  sample: UtilizationSample,
): Tracked {
  const noted = noteUtilization(history, sample);
  if (noted.minutes === history.minutes) return { wanted, history: noted };
  const next = clampToBounds(computeNext(wanted, noted.minutes, tracking), tracking);
  // The minutes before were those of fewer: more again only after three more of them.
  const isGrown = next > wanted;
  return { wanted: next, history: isGrown ? { ...noted, minutes: [] } : noted };
}

/** Brings a number between the bounds. A maximum below the minimum has no say. */
export function clampToBounds(count: number, { minimum, maximum }: TargetTracking): number {
  return Math.max(minimum, Math.min(maximum, count));
}

/** 10 at a target of 0.7: all busy for 3 minutes, 10 / 0.7 = 15; 3 of them busy for 15 minutes, 9. */
function computeNext(
  wanted: number,
  minutes: readonly number[],
  { utilization: target }: TargetTracking,
): number {
  const lately = minutes.slice(-MINUTES_ABOVE);
  if (lately.length === MINUTES_ABOVE && lately.every((minute) => minute > target)) {
    return Math.max(wanted + 1, ceil((wanted * (lately.at(-1) ?? target)) / target));
  }
  const isLow = minutes.every((minute) => minute < target * BELOW_SHARE);
  if (minutes.length < MINUTES_BELOW || !isLow) return wanted;
  const needed = ceil((wanted * Math.max(...minutes)) / target);
  const least = wanted - Math.max(1, Math.floor(wanted * SHRINK_SHARE));
  return Math.min(wanted, Math.max(needed, least));
}

/** An average of twelve nines is not always nine. */
function ceil(count: number): number {
  return Math.ceil(count - 1e-6);
}
