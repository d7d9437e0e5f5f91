import { API_VERSION } from '@mayfly/api';
import { eventually } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { aLogRecord } from '../testing/observed-logs.ts';
import { runCli, startCli } from '../testing/run-cli.ts';
import { type TestPlatform, usePlatform } from '../testing/use-platform.ts';

async function usePlatformWithLog(functionName?: string): Promise<TestPlatform> {
  const platform = await usePlatform();
  await platform.store.create({
    apiVersion: API_VERSION,
    kind: 'Function',
    metadata: { name: 'hello' },
    spec: {
      ...(functionName !== undefined && { functionName }),
      ...{ runtime: 'nodejs24.x', handler: 'index.handler', code: { inline: 'x' } },
    },
  });
  const of = { functionName: functionName ?? 'hello' };
  platform.logs.append([aLogRecord({ ...of, source: 'platform', message: 'START' })]);
  platform.logs.append([aLogRecord({ ...of, message: 'one' })]);
  return platform;
}

describe('mayfly logs', () => {
  it('prints what is kept, platform lines dim on a terminal', async ({ expect }) => {
    const { directory: cwd } = await usePlatformWithLog();
    expect((await runCli(['logs', 'hello'], { cwd })).stdout).toBe('START\none\n');
    const onTerminal = await runCli(['logs', 'hello'], { cwd, isTty: true });
    expect(onTerminal.stdout).toBe('\u001b[2mSTART\u001b[22m\none\n');
    const env = { NO_COLOR: '1' };
    const plain = await runCli(['logs', 'hello'], { cwd, isTty: true, env });
    expect(plain.stdout).toBe('START\none\n');
  });

  it('prints the last lines only, or records', async ({ expect }) => {
    const { directory: cwd } = await usePlatformWithLog();
    const run = await runCli(['logs', 'hello', '--tail', '1', '-o', 'json'], { cwd });
    expect(JSON.parse(run.stdout)).toEqual(aLogRecord({ message: 'one' }));
    expect((await runCli(['logs', 'hello', '--tail', '0'], { cwd })).stdout).toBe('');
  });

  it('knows a function by both of its names', async ({ expect }) => {
    const { directory: cwd } = await usePlatformWithLog('Hello_World');
    for (const name of ['hello', 'Hello_World']) {
      expect((await runCli(['logs', name], { cwd })).stdout).toBe('START\none\n');
    }
  });

  it('follows until the platform ends', async ({ expect }) => {
    const platform = await usePlatformWithLog();
    const run = startCli(['logs', 'hello', '-f', '--tail', '1'], { cwd: platform.directory });
    await eventually(() => {
      expect(run.stdout).toBe('one\n');
    });
    platform.logs.append([aLogRecord({ message: 'two' })]);
    await eventually(() => {
      expect(run.stdout).toBe('one\ntwo\n');
    });
    await platform.close();
    expect(await run.exitCode).toBeOneOf([0, 3]);
  });

  it('ends with 4 for an unknown function and with 2 for a tail that is no number', async ({
    expect,
  }) => {
    const { directory: cwd } = await usePlatformWithLog();
    const unknown = await runCli(['logs', 'absent'], { cwd });
    expect(unknown).toMatchObject({ exitCode: 4 });
    expect(unknown.stderr).toContain('functions.mayfly.dev "absent" not found');
    expect((await runCli(['logs', 'hello', '--tail', 'x'], { cwd })).exitCode).toBe(2);
  });
});
