import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'vitest';
import { aNodeFunction, useDirectory, usePlatform } from '../helpers/platform.ts';

/** Counts how many of it run at a time in a file that all of them share: appends +, later -. */
const COUNTING = `const fs = require('fs');
exports.handler = async (event) => {
  fs.appendFileSync(process.env.COUNT_FILE, '+');
  await new Promise((resolve) => setTimeout(resolve, 500));
  fs.appendFileSync(process.env.COUNT_FILE, '-');
  return 'ran';
};`;

function mostAtATime(file: string): number {
  let now = 0;
  let most = 0;
  for (const sign of readFileSync(file, 'utf8')) {
    now += sign === '+' ? 1 : -1;
    most = Math.max(most, now);
  }
  return most;
}

describe('reserved concurrency', () => {
  it('holds inside the function, and answers 429 with the reason beyond it', async ({ expect }) => {
    const file = path.join(useDirectory(), 'count');
    const { invoke } = await usePlatform({
      functions: [
        aNodeFunction('counting', COUNTING, {
          timeout: 30,
          reservedConcurrentExecutions: 2,
          environment: { variables: { COUNT_FILE: file } },
        }),
      ],
    });

    const flood = () => Promise.all(Array.from({ length: 12 }, () => invoke('counting')));
    const answers = [...(await flood()), ...(await flood())];
    for (let i = 0; i < 5; i += 1) answers.push(await invoke('counting'));

    expect(mostAtATime(file)).toBe(2);
    const throttled = answers.filter((a) => a.statusCode === 429);
    expect(throttled.length).toBeGreaterThan(0);
    expect(throttled[0]?.payload).toMatchObject({
      Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
    });
    expect(throttled[0]?.headers.get('x-amzn-errortype')).toBe('TooManyRequestsException');
    expect(answers.slice(-5).map((a) => a.statusCode)).toEqual([200, 200, 200, 200, 200]);
  });

  it('of 0 refuses every call until it is raised', async ({ expect }) => {
    const off = (reserved: number) =>
      aNodeFunction('off', 'exports.handler = async () => 1;', {
        reservedConcurrentExecutions: reserved,
      });
    const { invoke, apply, settled } = await usePlatform({ functions: [off(0)] });
    expect((await invoke('off')).statusCode).toBe(429);

    apply(off(1));
    await expect.poll(async () => (await invoke('off')).statusCode, { timeout: 10_000 }).toBe(200);
    await settled('off');
  });

  it('evicts an idle execution environment of another function at the account limit', async ({
    expect,
  }) => {
    const { invoke } = await usePlatform({
      env: { MAYFLY_ACCOUNT_CONCURRENCY: '1' },
      functions: [
        aNodeFunction('one', 'exports.handler = async () => 1;'),
        aNodeFunction('two', 'exports.handler = async () => 2;'),
      ],
    });

    for (let i = 0; i < 3; i += 1) {
      expect((await invoke('one')).payload).toBe(1);
      expect((await invoke('two')).payload).toBe(2);
    }
  });

  it('refuses a reservation that leaves others too little, in AWS words', async ({ expect }) => {
    const { get } = await usePlatform({
      functions: [
        aNodeFunction('greedy', 'exports.handler = async () => 1;', {
          reservedConcurrentExecutions: 950,
        }),
      ],
    });

    expect((await get('greedy'))?.status).toMatchObject({
      state: 'Failed',
      stateReason: expect.stringContaining("decreases account's UnreservedConcurrentExecution"),
    });
  });
});
