/** How long things take for a function, lately: by that it is judged whether to wait or to start another one. */
export interface Pace {
  /** One invocation. */
  readonly invocationMs: number;
  /** An execution environment, from nothing until it is ready. */
  readonly startMs: number;
  /** Whether an invocation has been seen to end: else how long one takes is assumed. */
  readonly isSeen: boolean;
}

/** So many are started at once for a function of whose invocations none has been seen to end. */
const FIRST_WAVE = 5;

/** Of the latest in what is typical: a function that was slow once is soon known to be fast. */
const LATEST_WEIGHT = 0.4;

/** What is typical, now that one more has taken so long. */
export function updateTypicalMs(beforeMs: number | undefined, latestMs: number): number {
  return beforeMs === undefined ? latestMs : beforeMs + LATEST_WEIGHT * (latestMs - beforeMs);
}

/** How much more is started than what has not been enough. */
const GROWTH = 4;

/**
 * How many more execution environments serve invocations that wait, beside those that there are: one for each, or as
 * many as are through with all in half of the time that it takes to start one. 100 that take 20 ms want 4, where a
 * start takes a second. More would be more work for the machines than the invocations themselves. Where none has been
 * seen to end, a few get one each, and many are taken for brief. `waves`: so many times all that were started had come, and
 * invocations waited on. Then they take longer than is typical, and the next wave is four times as large.
 */
export function computeWanted(
  queued: number,
  { invocationMs, startMs, isSeen }: Pace,
  waves: number,
): number {
  // A start that took no time at all would make it a number that is none, and the demand be forgotten.
  const enough = Math.ceil((queued * invocationMs) / Math.max(1, startMs / 2));
  const least = isSeen ? 1 : FIRST_WAVE;
  return Math.min(queued, Math.max(least, enough) * GROWTH ** waves);
}

/**
 * So long are invocations to wait for execution environments that are busy, before another one is started: most are
 * served meanwhile. Not at all when an invocation takes longer than half of a start. It grows with the time of a
 * start: machines that have too much to do already are not given more of it.
 */
export function computePatienceMs({
  invocationMs,
  startMs,
}: Pick<Pace, 'invocationMs' | 'startMs'>): number {
  return invocationMs < startMs / 2 ? startMs / 4 : 0;
}
