import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AliasResource } from '@mayfly/api';
import { afterAll, beforeAll, describe, it, onTestFinished } from 'vitest';
import { API_NAMESPACE, explainFailure, invoke, kubectl, pathUrl } from './helpers/cluster.ts';
import { useWebServer } from './helpers/web-server.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const CARGO_TARGET = path.join(ROOT, '.cache/cargo-target');

/** A row of the table in examples/README.md that says what an event gives. */
interface ExampleRow {
  readonly name: string;
  readonly event: string;
  readonly answer: string;
}

function readRows(): readonly ExampleRow[] {
  const text = readFileSync(path.join(ROOT, 'examples/README.md'), 'utf8');
  const rows = text.matchAll(/^\| \[([a-z-]+)\]\(.*\| `(.*?)` +\| `(.*?)` +\|$/gm);
  return [...rows].map(([, name = '', event = '', answer = '']) => ({ name, event, answer }));
}

const ROWS = readRows();

/** The commands of a page that begin with these words, up to the end of their block. */
function commandsOf(page: string, beginning: string): string {
  const text = readFileSync(path.join(ROOT, page), 'utf8');
  const blocks = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
  const found = blocks.find((block) => block.startsWith(beginning));
  if (found === undefined) throw new Error(`${page} has no commands that begin with ${beginning}`);
  return found;
}

/** All commands of a page, but for those that take everything away again, as one script. */
function scriptOf(page: string): string {
  const text = readFileSync(path.join(ROOT, page), 'utf8');
  const blocks = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
  return blocks.filter((block) => !block.startsWith('kubectl delete')).join('\n');
}

/** Deletes what an example has made, now and when the test has finished. */
function cleanUp(...objects: readonly string[]): void {
  const clean = (): void => {
    kubectl('delete', ...objects, '-n', API_NAMESPACE, '--ignore-not-found');
  };
  clean();
  onTestFinished(clean);
}

describe('the examples on Kubernetes', () => {
  let checkout = '';

  beforeAll(() => {
    checkout = mkdtempSync(path.join(tmpdir(), 'mayfly-examples-'));
    cpSync(path.join(ROOT, 'examples'), path.join(checkout, 'examples'), { recursive: true });
    // The images of the tests have one Python.
    const python = path.join(checkout, 'examples/hello-python/function.yaml');
    writeFileSync(python, readFileSync(python, 'utf8').replace(': python3.11', ': python3.13'));
  });

  afterAll(() => {
    rmSync(checkout, { recursive: true, force: true });
  });

  /** Runs the commands as a reader would, in a directory of a checkout. */
  function run(commands: string, variables: Readonly<Record<string, string>> = {}, cwd = ''): void {
    execFileSync('bash', ['-euo', 'pipefail', '-c', commands], {
      cwd: path.join(checkout, cwd),
      env: { ...process.env, ...variables },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }

  async function callAsTheReadmeDoes(name: string): Promise<readonly [unknown, unknown]> {
    const row = ROWS.find((one) => one.name === name);
    if (row === undefined) throw new Error(`examples/README.md has no row of ${name}`);
    const { payload } = await invoke(name, JSON.parse(row.event));
    return [payload, JSON.parse(row.answer)];
  }

  it('that are one file answer as their table says', async ({ expect }) => {
    explainFailure();
    const names = ['hello', 'hello-python', 'hello-bash', 'counter'];
    cleanUp('fn', ...names);

    run(commandsOf('examples/README.md', 'kubectl apply'));

    for (const name of names.filter((one) => one !== 'counter')) {
      const [given, promised] = await callAsTheReadmeDoes(name);
      expect(given).toEqual(promised);
      expect((await invoke(name, {})).payload).toEqual({ message: 'Hello, World!' });
    }
    const [counted, promised] = await callAsTheReadmeDoes('counter');
    expect(counted).toEqual({ ...(promised as object), environment: expect.any(String) });
  });

  it('page is a ConfigMap that answers by URL', async ({ expect }) => {
    explainFailure();
    cleanUp('fn/page', 'configmap/page-code');

    run(commandsOf('examples/page/README.md', '(cd examples/page/code'));

    const response = await fetch(`${pathUrl('page')}some/path?name=Ada`);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await response.text()).toContain('/some/path');
  });

  it('canary releases a version that is good, and takes one back that fails', ({ expect }) => {
    explainFailure();
    const versions = ['first', 'second', 'broken'].map((name) => `fnversion/canary-${name}`);
    cleanUp('fnalias/canary-live', 'fn/canary', ...versions);

    run(scriptOf('examples/canary/README.md'));

    const alias = JSON.parse(
      kubectl('get', 'fnalias', 'canary-live', '-n', API_NAMESPACE, '-o', 'json'),
    ) as AliasResource;
    const [second, broken] = ['second', 'broken'].map((name) =>
      kubectl('get', 'fnversion', `canary-${name}`, '-o', 'jsonpath={.status.version}'),
    );
    expect(alias.spec.functionVersion).toBe(broken);
    expect(alias.status?.routing).toEqual({ functionVersion: second });
    expect(alias.status?.conditions[0]).toMatchObject({
      type: 'Ready',
      status: 'False',
      reason: 'RolledBack',
      message: alias.status?.rollout?.message,
    });
  });

  it('hello-go is built, fetched from an address and answers', async ({ expect }) => {
    explainFailure();
    cleanUp('fn/hello-go');
    const page = 'examples/hello-go/README.md';

    run(commandsOf(page, 'cd examples/hello-go'));
    const archive = readFileSync(path.join(checkout, 'examples/hello-go/code.zip'));
    const url = await useWebServer(archive);
    run(commandsOf(page, 'kubectl apply'), { url }, 'examples/hello-go');

    const [given, promised] = await callAsTheReadmeDoes('hello-go');
    expect(given).toEqual(promised);
  });

  it('hello-java is built, is a ConfigMap and answers', async ({ expect }) => {
    explainFailure();
    cleanUp('fn/hello-java', 'configmap/hello-java-code');
    const page = 'examples/hello-java/README.md';

    run(commandsOf(page, 'cd examples/hello-java'));
    run(commandsOf(page, 'kubectl create configmap'), {}, 'examples/hello-java');

    const [given, promised] = await callAsTheReadmeDoes('hello-java');
    expect(given).toEqual(promised);
  });

  it('hello-rust is built, fetched from an address and answers', async ({ expect }) => {
    explainFailure();
    cleanUp('fn/hello-rust');
    const page = 'examples/hello-rust/README.md';
    const folder = path.join(checkout, 'examples/hello-rust');
    // What cargo has built for another test is not built again.
    mkdirSync(CARGO_TARGET, { recursive: true });
    symlinkSync(CARGO_TARGET, path.join(folder, 'target'));

    run(commandsOf(page, 'cd examples/hello-rust'));
    const url = await useWebServer(readFileSync(path.join(folder, 'code.zip')));
    run(commandsOf(page, 'kubectl apply'), { url }, 'examples/hello-rust');

    const [given, promised] = await callAsTheReadmeDoes('hello-rust');
    expect(given).toEqual(promised);
  });
});
