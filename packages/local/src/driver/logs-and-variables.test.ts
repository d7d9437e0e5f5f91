import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { LogRecord } from '@mayfly/core';
import {
  aCreateRequest,
  AnnouncementLog,
  eventually,
  invokeAgent,
  useTemporaryFolder,
} from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import {
  findProcesses,
  startLocalWorld,
  type FunctionCode,
  type LocalWorld,
} from './driver-fixture.ts';
import type { ProcessDriverOptions } from './process-execution-environment-driver.ts';

interface Started extends LocalWorld {
  readonly stateDir: string;
  invoke(payload: string): ReturnType<typeof invokeAgent>;
}

async function useFunction(
  code: FunctionCode,
  overrides: Partial<ProcessDriverOptions> = {},
): Promise<Started> {
  const stateDir = await useTemporaryFolder();
  const world = await startLocalWorld(stateDir, overrides);
  onTestFinished(() => world.driver.close());
  const announcements = new AnnouncementLog(world.driver);
  await world.driver.create(aCreateRequest('ee'));
  const waiting = await announcements.waitFor('waiting', 'ee');
  await world.driver.assign(await world.anAssignment('ee', code));
  await announcements.waitFor('ready', 'ee');
  return { ...world, stateDir, invoke: (payload) => invokeAgent(waiting, payload) };
}

const messagesOf = (logs: readonly LogRecord[]): string[] => logs.map(({ message }) => message);

describe('a Node.js function', () => {
  it('runs in its code with its variables and its own temporary directory', async ({ expect }) => {
    const { invoke, stateDir, resolver } = await useFunction({
      runtime: 'nodejs24.x',
      inline: `export const handler = async () => ({ cwd: process.cwd(), env: process.env });`,
      environmentVariables: { COLOUR: 'blue' },
    });
    const answer = await invoke('{}');
    const { cwd, env } = JSON.parse(answer.payload) as {
      cwd: string;
      env: Record<string, string>;
    };
    expect(answer.functionError).toBeNull();
    expect(cwd.startsWith(path.dirname(resolver.unpackedPath('')))).toBe(true);
    expect(env).toMatchObject({ COLOUR: 'blue', LAMBDA_TASK_ROOT: cwd });
    expect(env['NODE_PATH']).toContain(cwd);
    expect(env['TMPDIR']).toContain(path.join(stateDir, 'environments'));
    expect(env['AWS_LAMBDA_LOG_STREAM_NAME']).toMatch(
      /^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/,
    );
    expect(Object.keys(env)).not.toContain('MAYFLY_AGENT_TOKEN');
    expect(await readdir(path.join(stateDir, 'environments'))).toHaveLength(1);
  });

  it('logs in order, whole, and before it is gone', async ({ expect }) => {
    const { invoke, logs, driver } = await useFunction({
      runtime: 'nodejs24.x',
      inline: `export const handler = async () => {
        for (let n = 0; n < 2000; n += 1) process.stdout.write('line ' + n + '\\n');
        return 1;
      };`,
    });
    await invoke('{}');
    await eventually(() => {
      expect(messagesOf(logs)).toContainEqual(expect.stringMatching(/^REPORT RequestId: /));
    });
    await driver.destroy('ee');
    const lines = logs.filter(({ source }) => source === 'function').map(({ message }) => message);
    expect(lines).toEqual(Array.from({ length: 2000 }, (_, n) => `line ${n.toString()}`));
    expect(logs.every(({ functionName }) => functionName === 'fixture')).toBe(true);
  });

  it('waits while the sink of the log is busy', async ({ expect }) => {
    let isBusy = false;
    let overlaps = 0;
    let received = 0;
    const logSink = async (records: readonly LogRecord[]): Promise<void> => {
      if (isBusy) overlaps += 1;
      isBusy = true;
      await new Promise((resolve) => setImmediate(resolve));
      received += records.length;
      isBusy = false;
    };
    const { invoke } = await useFunction(
      {
        runtime: 'nodejs24.x',
        inline: `export const handler = async () => {
          for (let n = 0; n < 5000; n += 1) process.stdout.write('x'.repeat(200) + '\\n');
        };`,
      },
      { logSink },
    );
    await invoke('{}');
    await eventually(() => {
      expect(received).toBeGreaterThan(5000);
    });
    expect(overlaps).toBe(0);
  });
});

describe('limits', () => {
  it('reach the agent', async ({ expect }) => {
    const { invoke } = await useFunction(
      { runtime: 'nodejs24.x', inline: 'export const handler = async () => 1;' },
      { limits: { maxRequestBytes: 100 } },
    );
    expect((await invoke('1')).statusCode).toBe(200);
    expect((await invoke(`"${'x'.repeat(200)}"`)).statusCode).toBe(413);
  });
});

describe('a driver that cannot work', () => {
  it('rejects when the agent cannot be started', async ({ expect }) => {
    const stateDir = await useTemporaryFolder();
    const { driver } = await startLocalWorld(stateDir, { nodePath: '/nowhere/node' });
    onTestFinished(() => driver.close());
    const request = aCreateRequest('ee');
    await expect(driver.create(request)).rejects.toThrow('creating the execution environment ee');
    expect(await readdir(path.join(stateDir, 'environments'))).toEqual([]);
  });

  it('announces an agent that ends at once as gone', async ({ expect }) => {
    const { driver } = await startLocalWorld(await useTemporaryFolder(), {
      agentEntry: '/nowhere/agent.cjs',
    });
    onTestFinished(() => driver.close());
    const announcements = new AnnouncementLog(driver);
    const request = aCreateRequest('ee');
    await driver.create(request);
    const { message } = await announcements.waitFor('gone', 'ee');
    expect(message).toBe('The agent has ended: exit status 1.');
  });

  it('creates nothing after close, and closes twice', async ({ expect }) => {
    const { driver } = await startLocalWorld(await useTemporaryFolder(), { spareAgents: 2 });
    await Promise.all([driver.close(), driver.close()]);
    const request = aCreateRequest('ee');
    await expect(driver.create(request)).rejects.toThrow();
  });
});

describe('spare agents', () => {
  it('are handed out at once and replaced afterwards', async ({ expect }) => {
    const stateDir = await useTemporaryFolder();
    const { driver } = await startLocalWorld(stateDir, { spareAgents: 1 });
    onTestFinished(() => driver.close());
    const announcements = new AnnouncementLog(driver);
    const folders = (): Promise<string[]> => readdir(path.join(stateDir, 'environments'));
    const spare = await eventually(async () => {
      const [only = 'none', ...others] = await folders();
      // Its folder is there before it is.
      const isRunning = (await findProcesses(only)).length > 0;
      if (!isRunning || others.length > 0) throw new Error('no spare agent');
      return only;
    });
    const request = aCreateRequest('ee');
    await driver.create(request);
    expect(await folders()).toEqual([spare]);
    await announcements.waitFor('waiting', 'ee');
    await eventually(async () => {
      expect(await folders()).toHaveLength(2);
    });
    await driver.destroy('ee');
    await eventually(async () => {
      const left = await folders();
      expect(left).toHaveLength(1);
      expect(left).not.toContain(spare);
    });
  });
});
