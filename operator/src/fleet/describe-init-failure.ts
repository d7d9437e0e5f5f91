import type { Announcement } from '@mayfly/core';
import type { StartFailure } from './start-failures.ts';

/** Constants for conditions; what is not named here is the function's own error. */
const REASONS: ReadonlyMap<string, Pick<StartFailure, 'reason'>> = new Map([
  ['Runtime.InvalidEntrypoint', { reason: 'InvalidEntrypoint' }],
  ['Runtime.ExitError', { reason: 'RuntimeExited' }],
]);
const OTHER = { reason: 'InitFailed' };

/** Why the init phase did not succeed, for a condition; undefined when it did. */
export function describeInitFailure(
  { initOutcome, initFailure }: Announcement & { kind: 'ready' },
  initTimeoutMs: number,
): StartFailure | undefined {
  if (initOutcome === 'success') return undefined;
  if (initOutcome === 'timeout') {
    const seconds = (initTimeoutMs / 1000).toString();
    return {
      reason: 'InitTimedOut',
      message: `The runtime has not asked for an invocation within ${seconds} s. It is run again with each invocation, under its timeout.`,
    };
  }
  const { errorType = 'Runtime.Unknown', errorMessage = 'no message' } = initFailure ?? {};
  return { ...(REASONS.get(errorType) ?? OTHER), message: `${errorType}: ${errorMessage}` };
}
