import { describe, it } from 'vitest';
import { parseAnnouncement } from './parse-announcement.ts';

const ID = { executionEnvironmentId: 'e1' } as const;
const READY = { ...ID, kind: 'ready', initDurationMs: 12.5, initOutcome: 'error' } as const;
const FAILURE = { errorType: 'Runtime.ExitError', errorMessage: 'exit status 1' } as const;

describe('parseAnnouncement', () => {
  it.for([
    [{ ...ID, kind: 'waiting', port: 8080 }],
    [{ ...ID, kind: 'failed', message: 'no code' }],
    [READY],
    [{ ...READY, initFailure: FAILURE }],
    [{ ...READY, codeDurations: { downloadMs: 10, unpackMs: 2.5 } }],
  ])('reads %j', ([announcement], { expect }) => {
    const extra = { host: '10.0.0.1', surprise: true };
    expect(parseAnnouncement({ ...announcement, ...extra })).toEqual(announcement);
  });

  it.for<readonly [Readonly<Record<string, unknown>>]>([
    [{}],
    [{ kind: 'waiting', port: 8080 }],
    [{ ...ID, kind: 'waiting', port: '8080' }],
    [{ ...ID, kind: 'waiting', port: 0.5 }],
    [{ ...ID, kind: 'failed' }],
    [{ ...READY, initOutcome: 'perhaps' }],
    [{ ...READY, initDurationMs: '1' }],
    [{ ...ID, kind: 'gone' }],
  ])('refuses %j', ([value], { expect }) => {
    expect(parseAnnouncement(value)).toBeUndefined();
  });

  it('takes no more than a few lines of what a function says', ({ expect }) => {
    const initFailure = { errorType: 'E', errorMessage: 'x'.repeat(10_000) };
    expect(parseAnnouncement({ ...READY, initFailure })).toEqual({
      ...READY,
      initFailure: { errorType: 'E', errorMessage: 'x'.repeat(1024) },
    });
    expect(parseAnnouncement({ ...READY, initFailure: 'oops' })).toEqual(READY);
    expect(parseAnnouncement({ ...READY, codeDurations: { downloadMs: 'x' } })).toEqual(READY);
  });
});
