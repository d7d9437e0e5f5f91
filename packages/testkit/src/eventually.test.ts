import { describe, it } from 'vitest';
import { eventually } from './eventually.ts';

describe('eventually', () => {
  it('gives back the first value that comes without an error', async ({ expect }) => {
    let calls = 0;
    const value = await eventually(
      () => {
        calls += 1;
        if (calls < 3) throw new Error('not yet');
        return Promise.resolve(calls);
      },
      { intervalMs: 1 },
    );
    expect(value).toBe(3);
  });

  it('names the last error after the deadline and keeps it as the cause', async ({ expect }) => {
    let calls = 0;
    const cause = new Error('still 2 of 3');
    const waiting = eventually(
      () => {
        calls += 1;
        throw cause;
      },
      { timeoutMs: 10, intervalMs: 1 },
    );
    await expect(waiting).rejects.toMatchObject({
      message: 'not within 10 ms; last: still 2 of 3',
      cause,
    });
    expect(calls).toBeGreaterThan(1);
  });

  it('treats a rejection like an error', async ({ expect }) => {
    const waiting = eventually(() => Promise.reject(new Error('no')), { timeoutMs: 0 });
    await expect(waiting).rejects.toThrow('last: no');
  });
});
