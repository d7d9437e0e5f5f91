import { describe, it } from 'vitest';
import { describeColdStart, splitColdStart } from './cold-start.ts';

const START = { grantMs: 1, podMs: 600, assignMs: 40.25, initMs: 100 };

describe('the split of a cold start', () => {
  it('adds up to what the invocation took', ({ expect }) => {
    const split = splitColdStart(START, { waitedMs: 750, invokeMs: 5 });
    expect(split).toEqual({ ...START, queueMs: 8.75, invokeMs: 5 });
  });

  it('has no negative part when the start had begun before the invocation came', ({ expect }) => {
    expect(splitColdStart(START, { waitedMs: 100, invokeMs: 5 }).queueMs).toBe(0);
  });

  it('reads like Server-Timing', ({ expect }) => {
    expect(describeColdStart(splitColdStart(START, { waitedMs: 750, invokeMs: 5 }))).toBe(
      'queue;dur=8.8, grant;dur=1.0, pod;dur=600.0, assign;dur=40.3, init;dur=100.0, invoke;dur=5.0',
    );
  });
});
