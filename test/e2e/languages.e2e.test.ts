import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import {
  createFunction,
  deleteFunction,
  explainFailure,
  invoke,
  podsOf,
  uniqueName,
} from './helpers/cluster.ts';
import { startRegistry, type TestRegistry } from './helpers/registry.ts';

const SOURCES = path.join(import.meta.dirname, 'languages');
/** What cargo has built stays, so that it builds what has changed. */
const CARGO_TARGET = path.resolve(import.meta.dirname, '../../.cache/cargo-target');
const BUILD_MS = 600_000;
const BIG_BYTES = 5_000_000;

interface Language {
  readonly runtime: string;
  readonly handler: string;
  /** Leaves what is packed in the folder `package`. */
  readonly build: string;
  /** The image of the runtime, where the program is an image too. */
  readonly image?: string;
}

const LANGUAGES: Readonly<Record<string, Language>> = {
  node: {
    runtime: 'nodejs24.x',
    handler: 'index.handler',
    build: 'cp index.js package',
    image: 'lambda-nodejs24',
  },
  'node 22': { runtime: 'nodejs22.x', handler: 'index.handler', build: 'cp index.js package' },
  python: {
    runtime: 'python3.13',
    handler: 'app.handler',
    build: 'cp app.py package',
    image: 'lambda-python3.13',
  },
  java: {
    runtime: 'java21',
    handler: 'Handlers::handle',
    build:
      'javac --release 17 -d stubs $(find java/stubs -name "*.java"); javac --release 17 -cp stubs -d package java/Handlers.java',
    image: 'lambda-java21',
  },
  go: {
    runtime: 'provided.al2023',
    handler: 'bootstrap',
    build:
      'cd go; go mod init app; go get github.com/aws/aws-lambda-go@v1.50.0; go build -tags lambda.norpc -o ../package/bootstrap .',
  },
  rust: {
    runtime: 'provided.al2023',
    handler: 'bootstrap',
    build: `cd rust; CARGO_TARGET_DIR='${CARGO_TARGET}' cargo build --release; cp '${CARGO_TARGET}/release/bootstrap' ../package`,
  },
  bash: { runtime: 'provided.al2023', handler: 'bootstrap', build: 'cp bootstrap package' },
};

let registry: TestRegistry;
const made: string[] = [];

/** What a function is written in → its name. */
const names = new Map<string, string>();

beforeAll(async () => {
  registry = await startRegistry(true);
  for (const { what, make: makeProgram } of PROGRAMS) names.set(what, await makeProgram());
}, BUILD_MS);

afterAll(() => {
  for (const name of made) deleteFunction(name);
  registry.close();
});

/** Builds a program in a folder of its own, and gives what it is packed of to `use`. */
function withPackage<T>(language: Language, use: (folder: string) => T): T {
  const folder = mkdtempSync(path.join(tmpdir(), 'mayfly-language-'));
  try {
    cpSync(SOURCES, folder, { recursive: true });
    const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=mod' };
    const script = `mkdir package; ${language.build}`;
    execFileSync('bash', ['-ec', script], { cwd: folder, env, timeout: BUILD_MS, stdio: 'pipe' });
    return use(path.join(folder, 'package'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function makeZipFunction(language: Language): Promise<string> {
  const archive = withPackage(language, (folder) => {
    execFileSync('bash', ['-ec', 'python3 -m zipfile -c ../code.zip *'], { cwd: folder });
    return readFileSync(path.join(folder, '../code.zip'));
  });
  const name = uniqueName('language');
  const reference = await registry.pushArtefact(name, archive);
  const { runtime, handler } = language;
  return make(name, { runtime, handler, code: { zip: { oci: { reference } } } });
}

async function makeImageFunction(
  language: Language,
  spec: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const { image = '', handler } = language;
  const name = uniqueName('language');
  const uri = withPackage(language, (folder) => {
    const [file = ''] = execFileSync('ls', { cwd: folder, encoding: 'utf8' }).split('\n');
    const files = { [`/var/task/${file}`]: readFileSync(path.join(folder, file)) };
    return registry.push({ name: `${name}:1`, from: image, files, command: [handler] });
  });
  return make(name, { packageType: 'Image', code: { image: { uri } }, ...spec });
}

async function make(name: string, spec: Readonly<Record<string, unknown>>): Promise<string> {
  made.push(name);
  const variables = { GREETING: 'hello "you" $HOME' };
  // Java takes its time; the time-out is what one of the operations runs into.
  const settings = { memorySize: 512, timeout: 8, environment: { variables } };
  await createFunction(name, { ...settings, ...spec });
  return name;
}

const PROGRAMS = Object.entries(LANGUAGES).flatMap(([language, each]) => [
  { what: `${language} as an archive`, make: () => makeZipFunction(each) },
  ...(each.image === undefined
    ? []
    : [{ what: `${language} as an image`, make: () => makeImageFunction(each) }]),
]);

describe.each(PROGRAMS)('a function in $what', ({ what }) => {
  let name = '';

  beforeAll(() => {
    name = names.get(what) ?? '';
  });

  it('answers with what it is given', async ({ expect }) => {
    explainFailure();
    const event = { op: 'echo', text: 'ä€𝄞', list: [1, null, { a: true }] };
    expect(await invoke(name, event)).toEqual({
      status: 200,
      functionError: undefined,
      executedVersion: '$LATEST',
      payload: event,
    });
  });

  it('finds its variables', async ({ expect }) => {
    expect((await invoke(name, { op: 'environment' })).payload).toMatchObject({
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
      AWS_REGION: 'us-east-1',
      LAMBDA_TASK_ROOT: '/var/task',
      // A program without a library writes it without the quotes.
      GREETING: expect.stringMatching(/^hello "?you"? \$HOME$/),
    });
  });

  it('fails, and goes on', async ({ expect }) => {
    expect(await invoke(name, { op: 'error' })).toMatchObject({
      status: 200,
      functionError: 'Unhandled',
      payload: { errorMessage: 'deliberate' },
    });
    expect((await invoke(name, { op: 'echo' })).payload).toEqual({ op: 'echo' });
  });

  it('answers with megabytes', async ({ expect }) => {
    const { payload } = await invoke(name, { op: 'big', bytes: BIG_BYTES });
    expect([typeof payload, (payload as string).length]).toEqual(['string', BIG_BYTES]);
  });

  it('knows its context', async ({ expect }) => {
    const { payload } = await invoke(name, { op: 'context' });
    expect(payload).toMatchObject({
      name,
      version: '$LATEST',
      memory: 512,
      arn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    const { remainingMs } = payload as { remainingMs: number };
    expect(remainingMs).toBeGreaterThan(0);
    expect(remainingMs).toBeLessThanOrEqual(8_000);
  });
});

describe('functions in all languages', () => {
  it('are stopped at their time-out, and start again in their pods', async ({ expect }) => {
    const all = [...names.values()];
    const stopped = await Promise.all(all.map((name) => invoke(name, { op: 'timeout' })));
    for (const answer of stopped) {
      expect(answer).toMatchObject({
        functionError: 'Unhandled',
        payload: { errorType: 'Sandbox.Timedout' },
      });
    }
    for (const name of all) {
      expect((await invoke(name, { op: 'echo' })).payload).toEqual({ op: 'echo' });
      expect(podsOf(name)).toHaveLength(1);
    }
  });
});

describe('an image under its own emulator', () => {
  it('answers, knows its context, and fails without the header', async ({ expect }) => {
    const { node } = LANGUAGES;
    if (node === undefined) throw new Error('there is no program for Node.js');
    const name = await makeImageFunction(node, { runtimeInterface: 'rie' });
    explainFailure();
    expect((await invoke(name, { op: 'echo', n: 1 })).payload).toEqual({ op: 'echo', n: 1 });
    expect((await invoke(name, { op: 'environment' })).payload).toMatchObject({
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_REGION: 'us-east-1',
      GREETING: 'hello "you" $HOME',
    });
    expect((await invoke(name, { op: 'context' })).payload).toMatchObject({ name, memory: 512 });
    expect(await invoke(name, { op: 'error' })).toMatchObject({
      status: 200,
      functionError: undefined,
      payload: { errorMessage: 'deliberate' },
    });
    expect((await invoke(name, { op: 'echo' })).payload).toEqual({ op: 'echo' });
    const [pod] = podsOf(name) as readonly { spec: { containers?: readonly unknown[] } }[];
    expect(pod?.spec.containers).toHaveLength(1);
  });
});
