import { AGENT_PATHS, type Assignment } from '@mayfly/core';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import {
  anAssignment,
  exchange,
  useAgent,
  useDirectory,
  writeRuntime,
  type AgentFixture,
  type HttpAnswer,
} from './fixtures/agent-fixture.ts';

const ID = 'ee-1';
const COUNTING = `appendFileSync('starts', 'x');
for (;;) { const i = await next(); await respond(i.id, i.body); }`;

interface Assignable extends AgentFixture {
  post(overrides?: Partial<Assignment>): Promise<HttpAnswer>;
}

async function useAssignable(): Promise<Assignable> {
  const directory = useDirectory();
  const fixture = await useAgent({ directory, config: { executionEnvironmentId: ID } });
  const command = writeRuntime(directory, COUNTING);
  const base = { executionEnvironmentId: ID, taskRoot: directory, command };
  const post = (overrides: Partial<Assignment> = {}): Promise<HttpAnswer> => {
    const body = JSON.stringify(anAssignment({ ...base, ...overrides }));
    return exchange(fixture.agent.port, { path: AGENT_PATHS.assignment, body });
  };
  return { ...fixture, post };
}

describe('an assignment that names its execution environment', () => {
  it('may come again, before and after init, and starts one runtime', async ({ expect }) => {
    const { post, ready, invoke, directory } = await useAssignable();
    expect((await post()).statusCode).toBe(202);
    expect((await post()).statusCode).toBe(202);
    await ready();
    expect((await post()).statusCode).toBe(202);
    expect((await invoke('"a"')).text).toBe('"a"');
    expect((await post()).statusCode).toBe(202);
    expect(readFileSync(join(directory, 'starts'), 'latin1')).toBe('x');
  });

  it('may come twice at the same moment', async ({ expect }) => {
    const { post, ready, directory } = await useAssignable();
    const answers = await Promise.all([post(), post(), post()]);
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([202, 202, 202]);
    await ready();
    expect(readFileSync(join(directory, 'starts'), 'latin1')).toBe('x');
  });

  it.for([
    ['another function', { functionName: 'other' }],
    ['another version', { version: '2' }],
    ['another execution environment', { executionEnvironmentId: 'ee-2' }],
    [
      'other code',
      {
        code: {
          codeSha256: 'A'.repeat(43) + '=',
          codeSize: 1,
          source: { kind: 'url', url: 'http://x/a.zip' },
        },
      },
    ],
  ] satisfies [string, Partial<Assignment>][])(
    'is refused when it is of %s than the one before',
    async ([, overrides], { expect }) => {
      const { post, ready, status } = await useAssignable();
      await post();
      const answer = await post(overrides);
      expect(answer.statusCode).toBe(409);
      expect(JSON.parse(answer.text)).toMatchObject({ errorType: 'Agent.AlreadyAssigned' });
      await ready();
      expect(await status()).toMatchObject({ functionName: 'hello', version: '$LATEST' });
    },
  );

  it('is refused when it is meant for another one, which may still be assigned', async ({
    expect,
  }) => {
    const { post, status } = await useAssignable();
    expect((await post({ executionEnvironmentId: 'ee-2' })).statusCode).toBe(409);
    expect(await status()).toMatchObject({ state: 'waiting' });
    expect((await post()).statusCode).toBe(202);
  });
});
