import { describe, it } from 'vitest';
import { describeColdStart, splitColdStart } from './cold-start.ts';

const START = { grantMs: 1, podMs: 600, assignMs: 40.25, initMs: 100 };
const NOT_HELD = { heldMs: 0, initMs: 0 };

describe('the split of a cold start', () => {
  it('adds up to what the invocation took', ({ expect }) => {
    const split = splitColdStart(START, { waitedMs: 750, tookMs: 5, ...NOT_HELD });
    expect(split).toEqual({ ...START, queueMs: 8.75, invokeMs: 5 });
  });

  it('counts what an invocation was held for as a part of the start', ({ expect }) => {
    const start = { grantMs: 1, podMs: 2, assignMs: 6, initMs: 0 };
    const held = { heldMs: 60, initMs: 45 };
    const split = splitColdStart(start, { waitedMs: 14, tookMs: 68, ...held });
    expect(split).toEqual({
      queueMs: 5,
      grantMs: 1,
      podMs: 2,
      assignMs: 21,
      initMs: 45,
      invokeMs: 8,
    });
  });

  it('counts no more of init than the invocation was there for', ({ expect }) => {
    const start = { grantMs: 0, podMs: 0, assignMs: 6, initMs: 0 };
    const split = splitColdStart(start, { waitedMs: 30, tookMs: 25, heldMs: 20, initMs: 45 });
    expect(split).toMatchObject({ queueMs: 24, assignMs: 6, initMs: 20, invokeMs: 5 });
  });

  it('has no negative part when the start had begun before the invocation came', ({ expect }) => {
    const split = splitColdStart(START, { waitedMs: 100, tookMs: 5, ...NOT_HELD });
    expect(split.queueMs).toBe(0);
  });

  it('reads like Server-Timing', ({ expect }) => {
    const split = splitColdStart(START, { waitedMs: 750, tookMs: 5, ...NOT_HELD });
    expect(describeColdStart(split)).toBe(
      'queue;dur=8.8, grant;dur=1.0, pod;dur=600.0, assign;dur=40.3, init;dur=100.0, invoke;dur=5.0',
    );
  });
});
