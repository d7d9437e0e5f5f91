import { API_VERSION } from '@mayfly/api';
import { describe, it } from 'vitest';
import { parse } from 'yaml';
import { runCli } from '../testing/run-cli.ts';
import { type TestPlatform, useDirectory, usePlatform } from '../testing/use-platform.ts';

async function createFunction(platform: TestPlatform, name: string): Promise<void> {
  await platform.store.create({
    apiVersion: API_VERSION,
    kind: 'Function',
    metadata: { name },
    spec: { runtime: 'nodejs24.x', handler: 'index.handler', code: { inline: 'x' } },
  });
}

describe('mayfly get', () => {
  it('shows functions as a table, in the order of their names', async ({ expect }) => {
    const platform = await usePlatform();
    await createFunction(platform, 'hello');
    await createFunction(platform, 'counter');
    await platform.markReady('hello');
    const { stdout, exitCode } = await runCli(['get'], { cwd: platform.directory });
    expect(exitCode).toBe(0);
    const [header, ...rows] = stdout.trimEnd().split('\n');
    expect(header).toMatch(/^NAME +RUNTIME +STATE +READY +URL +AGE$/);
    expect(rows[0]).toMatch(/^counter +nodejs24.x +Pending +Unknown +\ds$/);
    expect(rows[1]).toMatch(/^hello +nodejs24.x +Active +True +http:\S+ +\ds$/);
  });

  it('says why a function is Failed', async ({ expect }) => {
    const platform = await usePlatform();
    await createFunction(platform, 'hello');
    await platform.markFailed('hello', 'python3.13 is not on this machine');
    const { stdout } = await runCli(['get', 'fn', '-o', 'wide'], { cwd: platform.directory });
    expect(stdout).toContain('REASON');
    expect(stdout).toMatch(/128MB +3s +0\/0 +python3.13 is not on this machine\n$/);
  });

  it('gives one object or a list as JSON, YAML or names', async ({ expect }) => {
    const platform = await usePlatform();
    await createFunction(platform, 'hello');
    const run = async (...args: string[]): Promise<string> =>
      (await runCli(['get', ...args], { cwd: platform.directory })).stdout;
    expect(JSON.parse(await run('fn', 'hello', '-o', 'json'))).toMatchObject({ kind: 'Function' });
    expect(parse(await run('function/hello', '-o', 'yaml'))).toMatchObject({ kind: 'Function' });
    expect(JSON.parse(await run('-o', 'json'))).toMatchObject({ kind: 'List', items: [{}] });
    expect(JSON.parse(await run('esm', '-o', 'json'))).toMatchObject({ items: [] });
    expect(await run('-o', 'name')).toBe('function/hello\n');
  });

  it('says that there is nothing, and ends well', async ({ expect }) => {
    const { directory } = await usePlatform();
    const { stdout, stderr, exitCode } = await runCli(['get', 'aliases'], { cwd: directory });
    expect({ stdout, stderr, exitCode }).toEqual({
      stdout: '',
      stderr: 'No aliases found.\n',
      exitCode: 0,
    });
  });

  it('ends with 4 for an object that does not exist', async ({ expect }) => {
    const { directory } = await usePlatform();
    const run = await runCli(['get', 'fn', 'absent'], { cwd: directory });
    expect(run).toMatchObject({ exitCode: 4, stderr: 'error: there is no function "absent"\n' });
  });

  it('ends with 2 for a kind that is none', async ({ expect }) => {
    const { directory } = await usePlatform();
    const run = await runCli(['get', 'hello'], { cwd: directory });
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain('unknown kind "hello": the kinds are functions (fn)');
    expect(run.stderr).toContain('functions/hello');
  });

  it('ends with 3 where no platform runs', async ({ expect }) => {
    const cwd = await useDirectory();
    const run = await runCli(['get'], { cwd });
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toMatch(/^error: mayfly is not running \(no .mayfly\/control.json/);
    expect(run.stderr).toContain('start it with `mayfly start`');
  });

  it('ends with 3 when the platform has left its control file behind', async ({ expect }) => {
    const platform = await usePlatform();
    await platform.close();
    const run = await runCli(['get'], { cwd: platform.directory });
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toContain('nothing listens on 127.0.0.1:');
  });

  it('ends with 5 when the platform breaks', async ({ expect }) => {
    const platform = await usePlatform();
    platform.store.close();
    expect((await runCli(['get'], { cwd: platform.directory })).exitCode).toBe(5);
  });
});
