import type { AliasRollout } from '@mayfly/api';

/** What came of invocations of a version. */
export interface RolloutOutcomes {
  /** Since when they are counted. */
  readonly sinceMs: number;
  readonly invocations: number;
  /** Function errors, and invocations that the platform failed. */
  readonly errors: number;
  /** Those that took longer than they may. */
  readonly slow: number;
}

/** Of 100 invocations so many may take longer than they may. */
const SLOW_PERCENTAGE = 5;

/** Says why a version is to be taken back, with the numbers; undefined: it is good, or too little is known. */
export function judgeOutcomes(
  { invocations, errors, slow }: RolloutOutcomes,
  rules: NonNullable<AliasRollout['rollback']>,
): string | undefined {
  const { maximumErrorPercentage, maximumDurationMilliseconds, minimumInvocations } = rules;
  if (invocations === 0 || invocations < minimumInvocations) return undefined;
  const errorPercentage = (errors / invocations) * 100;
  if (maximumErrorPercentage !== undefined && errorPercentage > maximumErrorPercentage) {
    return `${tell(errors, invocations)} failed, at most ${String(maximumErrorPercentage)} % may`;
  }
  const slowPercentage = (slow / invocations) * 100;
  if (maximumDurationMilliseconds !== undefined && slowPercentage > SLOW_PERCENTAGE) {
    return `${tell(slow, invocations)} took longer than ${String(maximumDurationMilliseconds)} ms, at most ${String(SLOW_PERCENTAGE)} % may`;
  }
  return undefined;
}

/** `3 of 20 invocations (15 %)`. */
function tell(some: number, all: number): string {
  const percentage = Math.round((some / all) * 1000) / 10;
  return `${String(some)} of ${String(all)} invocations (${String(percentage)} %)`;
}
