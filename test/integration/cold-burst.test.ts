import { describe, it } from 'vitest';
import { aNodeFunction, useDirectory, usePlatform } from '../helpers/platform.ts';

const SLOW_ECHO = `exports.handler = async (event, context) => {
  await new Promise((resolve) => setTimeout(resolve, 200));
  return { n: event.n, environment: context.logStreamName };
};`;

/** Answers only when 20 of it run at the same time: each leaves a file and waits for the others'. */
const MEETING = `const fs = require('fs');
exports.handler = async (event, context) => {
  fs.writeFileSync(process.env.MEETING + '/' + event.n, '');
  while (fs.readdirSync(process.env.MEETING).length < 20) await new Promise((r) => setTimeout(r, 20));
  return { n: event.n, environment: context.logStreamName };
};`;

describe('a burst on a cold function', () => {
  it('gets one execution environment for each of 20 calls at once', async ({ expect }) => {
    const variables = { MEETING: useDirectory() };
    const { invoke } = await usePlatform({
      functions: [aNodeFunction('meeting', MEETING, { timeout: 30, environment: { variables } })],
    });

    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => invoke('meeting', { n })),
    );

    const payloads = answers.map((a) => a.payload as { n: number; environment: string });
    expect(payloads.map((p) => p.n)).toEqual(Array.from({ length: 20 }, (_, n) => n));
    expect(new Set(payloads.map((p) => p.environment)).size).toBe(20);
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
