import { describe, it } from 'vitest';
import { describeInitFailure } from './describe-init-failure.ts';

const READY = { kind: 'ready', executionEnvironmentId: 'e1', initDurationMs: 5 } as const;

describe('an init phase', () => {
  it('that succeeded needs no words', ({ expect }) => {
    expect(describeInitFailure({ ...READY, initOutcome: 'success' }, 10_000)).toBeUndefined();
  });

  it('that took too long says how long it had', ({ expect }) => {
    expect(describeInitFailure({ ...READY, initOutcome: 'timeout' }, 2_500)).toEqual({
      reason: 'InitTimedOut',
      message: expect.stringContaining('within 2.5 s'),
    });
  });

  it.for([
    ['Runtime.InvalidEntrypoint', 'InvalidEntrypoint'],
    ['Runtime.ExitError', 'RuntimeExited'],
    ['Runtime.HandlerNotFound', 'InitFailed'],
    ['toString', 'InitFailed'],
  ] as const)('that failed with %s has the reason %s', ([errorType, reason], { expect }) => {
    const initFailure = { errorType, errorMessage: 'x' };
    expect(describeInitFailure({ ...READY, initOutcome: 'error', initFailure }, 1)).toEqual({
      reason,
      message: `${errorType}: x`,
    });
  });

  it('that failed in silence says that', ({ expect }) => {
    expect(describeInitFailure({ ...READY, initOutcome: 'error' }, 1)).toEqual({
      reason: 'InitFailed',
      message: 'Runtime.Unknown: no message',
    });
  });
});
