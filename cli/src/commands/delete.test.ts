import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { API_VERSION } from '@mayfly/api';
import { eventually } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { runCli, startCli } from '../testing/run-cli.ts';
import { type TestPlatform, usePlatform } from '../testing/use-platform.ts';

const KEY = { namespace: 'default', name: 'hello' };

async function usePlatformWithFunction(
  metadata: { finalizers?: string[]; annotations?: Record<string, string> } = {},
): Promise<TestPlatform> {
  const platform = await usePlatform();
  await platform.store.create({
    apiVersion: API_VERSION,
    kind: 'Function',
    metadata: { name: 'hello', ...metadata },
    spec: { runtime: 'nodejs24.x', handler: 'index.handler', code: { inline: 'x' } },
  });
  return platform;
}

async function dropFinalizers({ store }: TestPlatform): Promise<void> {
  const fn = await store.get('Function', KEY);
  if (fn?.metadata.deletionTimestamp === undefined) throw new Error('it is not being deleted');
  await store.update({ ...fn, metadata: { ...fn.metadata, finalizers: [] } });
}

describe('mayfly delete', () => {
  it('deletes one object', async ({ expect }) => {
    const { directory: cwd, store } = await usePlatformWithFunction();
    const run = await runCli(['delete', 'fn', 'hello'], { cwd });
    expect(run).toEqual({ stdout: 'function/hello deleted\n', stderr: '', exitCode: 0 });
    expect(await store.get('Function', KEY)).toBeUndefined();
  });

  it('waits until the object is gone', async ({ expect }) => {
    const platform = await usePlatformWithFunction({ finalizers: ['mayfly.dev/operator'] });
    const run = startCli(['delete', 'function/hello'], { cwd: platform.directory });
    await eventually(() => dropFinalizers(platform));
    expect(await run.exitCode).toBe(0);
    expect(run.stdout).toBe('function/hello deleted\n');
  });

  it('ends with 1 when the object stays', async ({ expect }) => {
    const platform = await usePlatformWithFunction({ finalizers: ['mayfly.dev/operator'] });
    const { directory: cwd } = platform;
    const run = await runCli(['delete', 'fn', 'hello', '--timeout', '200ms'], { cwd });
    expect(run).toMatchObject({ exitCode: 1, stdout: '' });
    expect(run.stderr).toContain('marked for deletion and still there after 0.2 s');
    expect((await runCli(['delete', 'fn', 'hello', '--no-wait'], { cwd })).exitCode).toBe(0);
  });

  it('deletes what manifests hold', async ({ expect }) => {
    const { directory: cwd } = await usePlatformWithFunction();
    const text = [
      'apiVersion: mayfly.dev/v1alpha1',
      'kind: Function',
      'metadata: { name: hello }',
      'spec: { runtime: nodejs24.x, handler: index.handler, code: { inline: x } }',
    ].join('\n');
    await writeFile(join(cwd, 'hello.yaml'), text);
    const run = await runCli(['delete', '-f', 'hello.yaml'], { cwd });
    expect(run).toMatchObject({ exitCode: 0, stdout: 'function/hello deleted\n' });
  });

  it('warns when a file of the platform brings the object back', async ({ expect }) => {
    const annotations = { 'mayfly.dev/source': 'hello.yaml' };
    const { directory: cwd } = await usePlatformWithFunction({ annotations });
    const run = await runCli(['delete', 'fn', 'hello'], { cwd });
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toContain('comes from hello.yaml');
  });

  it('ends with 4 for an object that does not exist, unless told not to', async ({ expect }) => {
    const { directory: cwd } = await usePlatform();
    const run = await runCli(['delete', 'fn', 'absent'], { cwd });
    expect(run).toEqual({ exitCode: 4, stdout: '', stderr: 'function/absent does not exist\n' });
    const lenient = await runCli(['delete', 'fn', 'absent', '--ignore-not-found'], { cwd });
    expect(lenient).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });

  it.for([
    [['delete'], 'say what to delete'],
    [['delete', 'fn'], 'say which of the functions to delete'],
    [['delete', 'gadgets', 'x'], 'unknown kind "gadgets"'],
    [['delete', 'fn/a', 'b'], 'name one object'],
    [['delete', 'fn', 'a', '-f', 'x.yaml'], 'not both'],
  ] as const)('refuses %j', async ([args, text], { expect }) => {
    const { directory: cwd } = await usePlatform();
    const run = await runCli(args, { cwd });
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain(text);
  });
});
