import { describe, it } from 'vitest';
import { aNodeFunction, usePlatform } from '../helpers/platform.ts';

const SLOW_ECHO = `exports.handler = async (event, context) => {
  await new Promise((resolve) => setTimeout(resolve, 200));
  return { n: event.n, environment: context.logStreamName };
};`;

describe('a burst on a cold function', () => {
  it('gets one execution environment for each of 20 calls at once', async ({ expect }) => {
    const { invoke, get } = await usePlatform({
      functions: [aNodeFunction('slow', SLOW_ECHO, { timeout: 30 })],
    });

    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => invoke('slow', { n })));

    const payloads = answers.map((a) => a.payload as { n: number; environment: string });
    expect(payloads.map((p) => p.n)).toEqual(Array.from({ length: 20 }, (_, n) => n));
    // One that has finished early may have taken a second call; none ever runs two at a time.
    expect(new Set(payloads.map((p) => p.environment)).size).toBeGreaterThan(10);
    expect((await get('slow'))?.status?.state).toBe('Active');
  });

  it('serves a call to another function while a burst is coming up', async ({ expect }) => {
    const { invoke } = await usePlatform({
      functions: [
        aNodeFunction('slow', SLOW_ECHO, { timeout: 30 }),
        aNodeFunction('other', SLOW_ECHO),
      ],
    });

    const burst = Array.from({ length: 10 }, (_, n) => invoke('slow', { n }));
    const other = await invoke('other', { n: 'other' });

    expect(other.payload).toMatchObject({ n: 'other' });
    for (const answer of await Promise.all(burst)) expect(answer.statusCode).toBe(200);
  });
});
