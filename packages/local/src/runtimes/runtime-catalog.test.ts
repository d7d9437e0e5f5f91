import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { useTemporaryFolder } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import type { LocalLogger } from '../local-logger.ts';
import { RuntimeCatalog, type RuntimeCatalogOptions } from './runtime-catalog.ts';

const TARGET = { taskRoot: '/task', handler: 'index.handler', memorySizeMb: 256 };

interface World {
  readonly root: string;
  readonly bin: string;
  readonly progress: string[];
  makeCatalog(overrides?: Partial<RuntimeCatalogOptions>): RuntimeCatalog;
}

/** A machine whose only programs are those that the test puts into `bin`, beside sh. */
async function aMachine(programs: Readonly<Record<string, string>> = {}): Promise<World> {
  const root = await useTemporaryFolder();
  const bin = path.join(root, 'bin');
  await mkdir(bin);
  for (const [name, script] of Object.entries(programs)) await install(bin, name, script);
  const progress: string[] = [];
  const say = (_fields: object, message: string): void => void progress.push(message);
  const logger: LocalLogger = { debug: say, info: say, warn: say, error: say };
  const stateDir = path.join(root, 'state');
  const nodeBootstrapPath = '/opt/mayfly/bootstrap.mjs';
  const searchPath = `${bin}:/usr/bin:/bin`;
  return {
    root,
    bin,
    progress,
    makeCatalog: (overrides) =>
      new RuntimeCatalog({ stateDir, nodeBootstrapPath, searchPath, logger, ...overrides }),
  };
}

async function install(bin: string, name: string, script: string): Promise<void> {
  await writeFile(path.join(bin, name), `#!/bin/sh\n${script}\n`);
  await chmod(path.join(bin, name), 0o755);
}

/** Stands in for Python: `-m venv` makes a folder with a copy of it, `-m pip` does what `pip` says. */
const fakePython = (version: string, pip = 'exit 0'): string => `
echo "$@" >> "$(dirname "$0")/calls"
case "$*" in
  --version) echo "Python ${version}.1";;
  "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python";;
  "-m pip install "*) ${pip};;
esac`;

describe('Node.js runtimes', () => {
  it('run on the Node.js of this process when the version fits', async ({ expect }) => {
    const { makeCatalog } = await aMachine();
    const catalog = makeCatalog({ nodePath: '/opt/node', nodeMajor: 22 });
    const launch = await catalog.prepare('nodejs22.x');
    expect(launch.command(TARGET)).toEqual([
      '/opt/node',
      '--max-old-space-size=230',
      '/opt/mayfly/bootstrap.mjs',
      'index.handler',
    ]);
    expect(launch.runtimeDir).toBe('/opt/mayfly');
    expect(launch.presetVariables('/task')).toMatchObject({
      NODE_PATH: '/opt/mayfly/node_modules:/opt/mayfly:/task',
    });
  });

  it('run on another Node.js of the path', async ({ expect }) => {
    const { makeCatalog, bin } = await aMachine({ node: 'exit 1', node22: 'echo v22.1.0' });
    const launch = await makeCatalog({ nodeMajor: 24 }).prepare('nodejs22.x');
    expect(launch.command(TARGET)[0]).toBe(path.join(bin, 'node22'));
  });

  it('are unavailable without one, until one is installed', async ({ expect }) => {
    const { makeCatalog, bin } = await aMachine();
    const catalog = makeCatalog({ nodeMajor: 24 });
    expect(await catalog.supports('nodejs22.x')).toEqual({
      kind: 'unavailable',
      reason: 'RuntimeNotInstalled',
      message: 'Runtime nodejs22.x needs Node.js 22 on the PATH: install it, or use nodejs24.x.',
    });
    await install(bin, 'node', 'echo v22.9.9');
    expect(await catalog.supports('nodejs22.x')).toEqual({ kind: 'available' });
  });
});

describe('Python runtimes', () => {
  it('get a private environment once, also when two want it', async ({ expect }) => {
    const { makeCatalog, root, progress, bin } = await aMachine({
      'python3.14': fakePython('3.14'),
    });
    const [one, two] = [makeCatalog(), makeCatalog()];
    await Promise.all([one.prepare('python3.14'), one.prepare('python3.14')]);
    expect((await two.prepare('python3.14')).command(TARGET)).toEqual([
      path.join(root, 'state/runtimes/python3.14/bin/python'),
      '-m',
      'awslambdaric',
      'index.handler',
    ]);
    const calls = await readFile(path.join(bin, 'calls'), 'utf8');
    expect(calls.match(/-m venv/g)).toHaveLength(1);
    expect(progress).toHaveLength(2);
    expect(await readdir(path.join(root, 'state/runtimes'))).toEqual(['python3.14']);
  });

  it('make a half-made environment again', async ({ expect }) => {
    const { makeCatalog, root } = await aMachine({ 'python3.14': fakePython('3.14') });
    const runtimes = path.join(root, 'state/runtimes');
    await mkdir(path.join(runtimes, 'python3.14', 'bin'), { recursive: true });
    await mkdir(path.join(runtimes, 'python3.14.making-999999999'));
    expect(await makeCatalog().supports('python3.14')).toEqual({ kind: 'available' });
    await rm(path.join(runtimes, 'python3.14', 'bin', 'python'));
    expect(await makeCatalog().supports('python3.14')).toEqual({ kind: 'available' });
    expect(await readdir(runtimes)).toEqual(['python3.14']);
  });

  it('say why pip failed, leave nothing and try again', async ({ expect }) => {
    const { makeCatalog, root, bin } = await aMachine({
      'python3.14': fakePython('3.14', 'echo "ERROR: no network" >&2; exit 1'),
    });
    const catalog = makeCatalog();
    expect(await catalog.supports('python3.14')).toMatchObject({
      kind: 'unavailable',
      reason: 'RuntimePreparationFailed',
      message: expect.stringContaining('ERROR: no network') as string,
    });
    expect(await readdir(path.join(root, 'state/runtimes'))).toEqual([]);
    await install(bin, 'python3.14', fakePython('3.14'));
    expect(await catalog.supports('python3.14')).toEqual({ kind: 'available' });
  });

  it('skip a stand-in that does not run and one of another version', async ({ expect }) => {
    const { makeCatalog } = await aMachine({ 'python3.14': 'echo nothing >&2; exit 127' });
    expect(await makeCatalog().supports('python3.14')).toMatchObject({
      reason: 'RuntimeNotInstalled',
    });
    const { makeCatalog: makeOther } = await aMachine({ 'python3.14': fakePython('3.1') });
    expect(await makeOther().supports('python3.14')).toMatchObject({
      reason: 'RuntimeNotInstalled',
    });
  });
});

describe('other runtimes', () => {
  it('that are the function itself start its bootstrap', async ({ expect }) => {
    const { makeCatalog } = await aMachine();
    for (const runtime of ['provided.al2023', 'provided.al2']) {
      const launch = await makeCatalog().prepare(runtime);
      expect(launch.command(TARGET)).toEqual(['/task/bootstrap']);
    }
  });

  it.for([
    ['java21', 'RuntimeNotAvailable', 'nodejs24.x, nodejs22.x'],
    ['dotnet8', 'RuntimeNotAvailable', 'one machine without containers'],
    ['nodejs16.x', 'RuntimeDeprecated', 'use one of nodejs24.x'],
    ['go1.x', 'RuntimeDeprecated', 'provided.al2023'],
    ['cobol85', 'UnknownRuntime', 'java21'],
    ['nodejs24', 'UnknownRuntime', 'nodejs24.x'],
    ['', 'UnknownRuntime', 'nodejs24.x'],
    ['__proto__', 'UnknownRuntime', 'nodejs24.x'],
  ] as const)('such as %j are refused: %s', async ([runtime, reason, text], { expect }) => {
    const { makeCatalog } = await aMachine();
    expect(await makeCatalog().supports(runtime)).toEqual({
      kind: 'unavailable',
      reason,
      message: expect.stringContaining(text) as string,
    });
  });
});

describe('programs of this machine', () => {
  it('have the Node.js that runs the tests', async ({ expect }) => {
    const { makeCatalog } = await aMachine();
    const major = process.versions.node.split('.')[0] ?? '';
    const launch = await makeCatalog().prepare(`nodejs${major}.x`);
    const version = execFileSync(launch.command(TARGET)[0], ['--version'], { encoding: 'utf8' });
    expect(version.trim()).toBe(process.version);
  });
});
