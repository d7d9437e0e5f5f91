/** What takes less is over before another execution environment has started. */
const BRIEF_MS = 500;

/** Whether it is worth to wait for execution environments that are busy. */
export function areBrief(typicalMs: number): boolean {
  return typicalMs < BRIEF_MS;
}

/**
 * How many more execution environments serve invocations that wait, beside those that there are: one for each, or as
 * many as are through with all in half a second. 100 that take 20 ms want 4. More would be more work for the machines
 * than the invocations themselves.
 */
export function computeWanted(queued: number, typicalMs: number): number {
  const enough = Math.ceil((queued * typicalMs) / BRIEF_MS);
  return Math.min(queued, Math.max(1, enough));
}
