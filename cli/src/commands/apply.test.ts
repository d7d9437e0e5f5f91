import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { runCli, startCli } from '../testing/run-cli.ts';
import { useDirectory, usePlatform } from '../testing/use-platform.ts';

function aManifest(
  name: string,
  lines: readonly string[] = [],
  code = 'code: { inline: "x" }',
): string {
  return [
    'apiVersion: mayfly.dev/v1alpha1',
    'kind: Function',
    `metadata: { name: ${name} }`,
    'spec:',
    '  runtime: nodejs24.x',
    '  handler: index.handler',
    `  ${code}`,
    ...lines.map((line) => `  ${line}`),
    '',
  ].join('\n');
}

const KEY = { namespace: 'default' };

describe('mayfly apply', () => {
  it('creates, changes and leaves alone', async ({ expect }) => {
    const { directory: cwd, store } = await usePlatform();
    const apply = async (text: string): Promise<string> => {
      await writeFile(join(cwd, 'hello.yaml'), text);
      return (await runCli(['apply', '-f', 'hello.yaml', '--no-wait'], { cwd })).stdout;
    };
    expect(await apply(aManifest('hello'))).toBe('function/hello created\n');
    expect(await apply(aManifest('hello'))).toBe('function/hello unchanged\n');
    expect(await apply(aManifest('hello', ['timeout: 9']))).toBe('function/hello configured\n');
    const fn = await store.get('Function', { ...KEY, name: 'hello' });
    expect(fn).toMatchObject({ spec: { timeout: 9 }, metadata: { generation: 2 } });
  });

  it('keeps finalizers, and the annotations of others', async ({ expect }) => {
    const { directory: cwd, store } = await usePlatform();
    const args = ['apply', '-f', '-', '--no-wait'];
    await runCli(args, { cwd, stdin: aManifest('hello') });
    const fn = await store.get('Function', { ...KEY, name: 'hello' });
    if (fn === undefined) throw new Error('the function is missing');
    const others = { finalizers: ['mayfly.dev/operator'], annotations: { other: 'kept' } };
    await store.update({ ...fn, metadata: { ...fn.metadata, ...others } });
    const { stdout } = await runCli(args, { cwd, stdin: aManifest('hello', ['timeout: 9']) });
    expect(stdout).toBe('function/hello configured\n');
    const changed = await store.get('Function', { ...KEY, name: 'hello' });
    expect(changed?.metadata).toMatchObject(others);
  });

  it('waits until functions are ready', async ({ expect }) => {
    const platform = await usePlatform();
    const run = startCli(['apply', '-f', '-'], {
      cwd: platform.directory,
      stdin: aManifest('hello'),
    });
    await eventually(() => {
      expect(run.stdout).toBe('function/hello created\n');
    });
    await platform.markReady('hello');
    expect(await run.exitCode).toBe(0);
    expect(run.stdout).toBe('function/hello created\nfunction/hello ready\n');
  });

  it('ends with 1 and the reason when a function is Failed', async ({ expect }) => {
    const platform = await usePlatform();
    const run = startCli(['apply', '-f', '-'], {
      cwd: platform.directory,
      stdin: aManifest('hello'),
    });
    await eventually(() => platform.markFailed('hello', 'install python3.13'));
    expect(await run.exitCode).toBe(1);
    expect(run.stderr).toBe('function/hello failed: install python3.13\n');
  });

  it('does not take the status of an older spec for the newest', async ({ expect }) => {
    const platform = await usePlatform();
    const { directory: cwd } = platform;
    await runCli(['apply', '-f', '-', '--no-wait'], { cwd, stdin: aManifest('hello') });
    await platform.markReady('hello');
    const stdin = aManifest('hello', ['timeout: 9']);
    const run = await runCli(['apply', '-f', '-', '--timeout', '300ms'], { cwd, stdin });
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('function/hello not ready after 0.3 s: waiting for the platform');
  });

  it('shows a spinner on a terminal and nowhere else', async ({ expect }) => {
    const { directory: cwd } = await usePlatform();
    const args = ['apply', '-f', '-', '--timeout', '150ms'];
    const stdin = aManifest('hello');
    const onTerminal = await runCli(args, { cwd, stdin, isTty: true });
    expect(onTerminal.stderr).toContain('⠋ waiting for hello');
    const env = { NO_COLOR: '1' };
    for (const world of [{ isTty: false }, { isTty: true, env }]) {
      expect((await runCli(args, { cwd, stdin, ...world })).stderr).not.toContain('\u001b');
    }
  });

  it('says file, line, field and reason of every mistake and applies the rest', async ({
    expect,
  }) => {
    const { directory: cwd, store } = await usePlatform();
    const text = [aManifest('good'), aManifest('bad', ['timeout: 1000', 'tiemout: 3'])].join(
      '---\n',
    );
    await writeFile(join(cwd, 'two.yaml'), text);
    const run = await runCli(['apply', '-f', 'two.yaml', '--no-wait'], { cwd });
    expect(run).toMatchObject({ exitCode: 1, stdout: 'function/good created\n' });
    expect(run.stderr).toContain('two.yaml:16: spec.timeout: must be at most 900 (got 1000)\n');
    expect(run.stderr).toContain('two.yaml:17: spec.tiemout: unknown field "tiemout"');
    expect((await store.list('Function')).items).toHaveLength(1);
  });

  it('takes code paths from the folder of the manifest', async ({ expect }) => {
    const { directory: cwd, store } = await usePlatform();
    await mkdir(join(cwd, 'sub'));
    const code = 'code: { zip: { path: ./code } }';
    await writeFile(join(cwd, 'sub', 'hello.yaml'), aManifest('hello', [], code));
    await runCli(['apply', '-f', 'sub/hello.yaml', '--no-wait'], { cwd });
    const fn = await store.get('Function', { ...KEY, name: 'hello' });
    expect(fn?.spec.code.zip?.path).toBe(join(cwd, 'sub', 'code'));
  });

  it('sees changed code under an unchanged manifest', async ({ expect }) => {
    const { directory: cwd } = await usePlatform();
    await writeFile(
      join(cwd, 'hello.yaml'),
      aManifest('hello', [], 'code: { zip: { path: ./code } }'),
    );
    await mkdir(join(cwd, 'code'));
    const apply = async (): Promise<string> =>
      (await runCli(['apply', '-f', 'hello.yaml', '--no-wait'], { cwd })).stdout;
    await apply();
    expect(await apply()).toBe('function/hello unchanged\n');
    await writeFile(join(cwd, 'code', 'index.js'), 'new');
    expect(await apply()).toBe('function/hello configured\n');
  });

  it('creates anew what is being deleted, when it is gone', async ({ expect }) => {
    const { directory: cwd, store } = await usePlatform();
    const args = ['apply', '-f', '-', '--no-wait'];
    const finalizers = ['mayfly.dev/operator'];
    await runCli(args, { cwd, stdin: aManifest('hello') });
    const old = await store.get('Function', { ...KEY, name: 'hello' });
    if (old === undefined) throw new Error('the function is missing');
    const held = await store.update({ ...old, metadata: { ...old.metadata, finalizers } });
    await store.delete('Function', held.metadata);
    const run = startCli(args, { cwd, stdin: aManifest('hello', ['timeout: 9']) });
    const dying = await store.get('Function', held.metadata);
    if (dying === undefined) throw new Error('the finalizer did not hold it');
    await store.update({ ...dying, metadata: { ...dying.metadata, finalizers: [] } });
    expect(await run.exitCode).toBe(0);
    expect(run.stdout).toBe('function/hello created\n');
  });

  it('takes the YAML files of a folder and refuses a name that comes twice', async ({ expect }) => {
    const { directory: cwd } = await usePlatform();
    for (const folder of ['f/inner', 'f/node_modules', 'f/.hidden']) {
      await mkdir(join(cwd, folder), { recursive: true });
    }
    await writeFile(join(cwd, 'f/a.yaml'), aManifest('one'));
    await writeFile(join(cwd, 'f/inner/b.yml'), aManifest('two'));
    await writeFile(join(cwd, 'f/inner/c.yml'), aManifest('one'));
    await writeFile(join(cwd, 'f/notes.txt'), 'no manifest');
    await writeFile(join(cwd, 'f/node_modules/d.yaml'), 'no: manifest');
    await writeFile(join(cwd, 'f/.hidden/e.yaml'), 'no: manifest');
    const run = await runCli(['apply', '-f', 'f', '--no-wait'], { cwd });
    expect(run).toEqual({
      exitCode: 1,
      stdout: 'function/one created\nfunction/two created\n',
      stderr: 'f/inner/c.yml:1: metadata.name: function/one is in f/a.yaml:1 already\n',
    });
  });

  it('says that a kind is kept but not served', async ({ expect }) => {
    const { directory: cwd } = await usePlatform();
    const stdin = [
      'apiVersion: mayfly.dev/v1alpha1',
      'kind: EventSourceMapping',
      'metadata: { name: orders }',
      'spec: { functionName: hello, eventSourceArn: "arn:aws:sqs:eu-west-1:1:orders" }',
    ].join('\n');
    const run = await runCli(['apply', '-f', '-'], { cwd, stdin });
    expect(run).toMatchObject({ exitCode: 0, stdout: 'eventsourcemapping/orders created\n' });
    expect(run.stderr).toContain(
      'eventsourcemapping/orders: EventSourceMapping objects are kept but not served yet',
    );
  });

  it('gives a report as JSON', async ({ expect }) => {
    const { directory: cwd } = await usePlatform();
    const stdin = `${aManifest('hello')}---\nkind: Gadget\n`;
    const run = await runCli(['apply', '-f', '-', '--no-wait', '-o', 'json'], { cwd, stdin });
    expect({ exitCode: run.exitCode, stderr: run.stderr }).toEqual({ exitCode: 1, stderr: '' });
    const report = JSON.parse(run.stdout) as { problems: unknown[] };
    expect(report).toMatchObject({
      objects: [{ reference: 'function/hello', outcome: 'created' }],
    });
    expect(report.problems.length).toBeGreaterThan(0);
  });

  it.for([
    [['apply'], 2, "required option '-f, --filename <file>' not specified"],
    [['apply', '-f', 'absent.yaml'], 2, 'reading absent.yaml: there is no such file or folder'],
    [['apply', '-f', '.'], 2, 'there are no .yaml or .yml files in .'],
    [['apply', '-f', '-', '--timeout', 'soon'], 2, 'It must be a duration'],
    [['apply', '-f', '-'], 3, 'mayfly is not running'],
  ] as const)('refuses %j with %d', async ([args, exitCode, text], { expect }) => {
    const run = await runCli(args, { cwd: await useDirectory() });
    expect(run.exitCode).toBe(exitCode);
    expect(run.stderr).toContain(text);
  });
});
