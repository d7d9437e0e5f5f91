import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from '@mayfly/testkit';
import { afterAll, beforeAll, describe, it, onTestFinished } from 'vitest';
import {
  aFunctionManifest,
  API_NAMESPACE,
  apply,
  deleteFunction,
  explainFailure,
  getFunction,
  invoke,
  kubectl,
  podsOf,
  refusalOf,
  uniqueName,
  useFunction,
  waitReady,
} from './helpers/cluster.ts';
import {
  startRegistry,
  TEST_PASSWORD,
  TEST_REGISTRIES,
  type TestRegistry,
} from './helpers/registry.ts';

const NODE_APP = `exports.one = async (event) => ({ one: event, handler: process.env._HANDLER });
exports.two = async () => ({ two: process.cwd() });`;
const PYTHON_APP = `def handler(event, context):
    return {"python": event, "name": context.function_name}
`;
const GO_APP = `package main

import (
	"context"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	lambda.Start(func(_ context.Context) (map[string]bool, error) {
		_, err := os.Stat("/bin/sh")
		return map[string]bool{"hasShell": err == nil}, nil
	})
}
`;
const SECRET = 'registry-password';
const OTHER_ARCHITECTURE = process.arch === 'arm64' ? 'amd64' : 'arm64';

let registry: TestRegistry;
let closed: TestRegistry;

beforeAll(async () => {
  [registry, closed] = await Promise.all([startRegistry(true), startRegistry(false)]);
});

afterAll(() => {
  registry.close();
  closed.close();
});

function pushNode(name: string, source = NODE_APP): string {
  const files = { '/var/task/app.js': source };
  return registry.push({ name, from: 'lambda-nodejs24', files, command: ['app.one'] });
}

function imageSpec(
  image: Readonly<Record<string, unknown>>,
  spec: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return { packageType: 'Image', timeout: 20, memorySize: 512, code: { image }, ...spec };
}

/** Makes a Function that may never be ready. */
function makeFunction(spec: Readonly<Record<string, unknown>>): string {
  explainFailure();
  const name = uniqueName('image');
  onTestFinished(() => {
    deleteFunction(name);
  });
  apply(aFunctionManifest(name, spec));
  return name;
}

/** Waits until a condition is False, and says why. */
function refusedBecause(name: string, type: string): Promise<string> {
  return eventually(
    () => {
      const { status } = getFunction(name);
      const condition = status?.conditions?.find((each) => each.type === type);
      if (condition?.status !== 'False') throw new Error(`not yet: ${JSON.stringify(status)}`);
      return `${condition.reason}: ${condition.message}`;
    },
    { timeoutMs: 60_000 },
  );
}

function imageOf(name: string): string {
  const { status } = getFunction(name) as { status?: { resolvedImageUri?: string } };
  return status?.resolvedImageUri ?? '';
}

function buildGo(): Buffer {
  const folder = mkdtempSync(path.join(tmpdir(), 'mayfly-go-'));
  try {
    writeFileSync(path.join(folder, 'main.go'), GO_APP);
    const script =
      'go mod init app && go get github.com/aws/aws-lambda-go@v1.50.0 && go build -tags lambda.norpc -o app .';
    const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=mod' };
    execFileSync('bash', ['-ec', script], { cwd: folder, env, stdio: 'ignore' });
    return readFileSync(path.join(folder, 'app'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('an image function', () => {
  it('answers, by the digest that its tag meant', async ({ expect }) => {
    const pinned = pushNode('node-app:1');
    const name = await useFunction(imageSpec({ uri: `${registry.address}/node-app:1` }));
    expect(imageOf(name)).toBe(pinned);
    expect(await invoke(name, { n: 1 })).toMatchObject({
      status: 200,
      payload: { one: { n: 1 }, handler: 'app.one' },
    });
    const [pod] = podsOf(name);
    const image = kubectl(
      ...['get', 'pod', pod?.metadata.name ?? '', '-n', API_NAMESPACE],
      ...['-o', 'jsonpath={.spec.containers[?(@.name=="function")].image}'],
    );
    expect(image).toBe(pinned);
  });

  it('runs another handler and directory of the same image, as its Function says', async ({
    expect,
  }) => {
    pushNode('node-app:2');
    const uri = `${registry.address}/node-app:2`;
    const two = await useFunction(
      imageSpec({ uri, command: ['/var/task/app.two'], workingDirectory: '/tmp' }),
    );
    expect((await invoke(two)).payload).toEqual({ two: '/tmp' });
    const one = await useFunction(
      imageSpec({ uri, entryPoint: ['/bin/sh', '-c', 'exec /lambda-entrypoint.sh app.one'] }),
    );
    expect((await invoke(one, 1)).payload).toMatchObject({ one: 1 });
  });

  it('runs on Python, and on nothing but its own program', async ({ expect }) => {
    registry.push({
      name: 'python-app:1',
      from: 'lambda-python3.13',
      files: { '/var/task/app.py': PYTHON_APP },
      command: ['app.handler'],
    });
    const python = await useFunction(imageSpec({ uri: `${registry.address}/python-app:1` }));
    expect((await invoke(python, 2)).payload).toEqual({ python: 2, name: python });

    registry.push({
      name: 'go-app:1',
      from: 'scratch',
      files: { '/app': buildGo() },
      entryPoint: ['/app'],
    });
    const go = await useFunction(imageSpec({ uri: `${registry.address}/go-app:1` }));
    expect((await invoke(go)).payload).toEqual({ hasShell: false });
  });

  it('goes on with its image when the tag moves, until its code is changed', async ({ expect }) => {
    const before = pushNode('moving:1');
    const uri = `${registry.address}/moving:1`;
    const name = await useFunction(imageSpec({ uri }));
    const after = pushNode('moving:1', 'exports.one = async () => "moved";');
    expect(after).not.toBe(before);
    kubectl('patch', 'fn', name, '--type=merge', '-p', '{"spec":{"timeout":19}}');
    await waitReady(name);
    expect(imageOf(name)).toBe(before);
    const patch = { spec: { code: { image: { command: ['/var/task/app.one'] } } } };
    kubectl('patch', 'fn', name, '--type=merge', '-p', JSON.stringify(patch));
    await waitReady(name);
    expect(imageOf(name)).toBe(after);
    expect((await invoke(name)).payload).toBe('moved');
  });

  it('comes from a registry that asks for a password, with it only', async ({ expect }) => {
    const files = { '/var/task/app.js': NODE_APP };
    closed.push({ name: 'private:1', from: 'lambda-nodejs24', files, command: ['app.one'] });
    const uri = `${closed.address}/private:1`;
    const denied = makeFunction(imageSpec({ uri }));
    expect(await refusedBecause(denied, 'CodeResolved')).toMatch(
      /^ImageAccessDenied: .*spec\.code\.image\.pullSecrets/,
    );
    const missing = makeFunction(imageSpec({ uri, pullSecrets: [SECRET] }));
    expect(await refusedBecause(missing, 'CodeResolved')).toMatch(/^PullSecretNotFound: .*Secret/);

    const { username, password } = TEST_PASSWORD;
    onTestFinished(() => {
      kubectl('delete', 'secret', SECRET, '-n', API_NAMESPACE);
    });
    kubectl(
      ...['create', 'secret', 'docker-registry', SECRET, '-n', API_NAMESPACE],
      ...[`--docker-server=${TEST_REGISTRIES[1]}`, `--docker-username=${username}`],
      `--docker-password=${password}`,
    );
    const name = await useFunction(imageSpec({ uri, pullSecrets: [SECRET] }));
    expect((await invoke(name, 3)).payload).toMatchObject({ one: 3 });
  });
});

describe('an image that cannot be had', () => {
  it('is told by the condition of its code', async ({ expect }) => {
    registry.push({
      name: 'other-architecture:1',
      from: 'scratch',
      files: { '/app': 'no program' },
      entryPoint: ['/app'],
      architecture: OTHER_ARCHITECTURE,
    });
    registry.push({ name: 'empty:1', from: 'scratch', files: { '/app': 'no program' } });
    const cases = [
      ['nothing:1', /^ImageNotFound: .*nothing:1/],
      ['other-architecture:1', /^ImageArchitectureMismatch: .*build it for that/],
      ['empty:1', /^InvalidImage: .*entryPoint/],
      ['UPPER:1', /^InvalidImage: .*no reference/],
    ] as const;
    const names = cases.map(([image]) =>
      makeFunction(imageSpec({ uri: `${registry.address}/${image}` })),
    );
    const reasons = await Promise.all(names.map((name) => refusedBecause(name, 'CodeResolved')));
    for (const [index, [, expected]] of cases.entries()) expect(reasons[index]).toMatch(expected);
  });

  it('leaves what is served as it is', async ({ expect }) => {
    pushNode('steady:1');
    const name = await useFunction(imageSpec({ uri: `${registry.address}/steady:1` }));
    const patch = { spec: { code: { image: { uri: `${registry.address}/steady:2` } } } };
    kubectl('patch', 'fn', name, '--type=merge', '-p', JSON.stringify(patch));
    expect(await refusedBecause(name, 'CodeResolved')).toMatch(/^ImageNotFound/);
    expect((await invoke(name, 4)).payload).toMatchObject({ one: 4 });
  });
});

describe('an image that cannot run', () => {
  it.for([
    [
      'a wrong entry point',
      { entryPoint: ['/no/such/program'] },
      'Runtime.InvalidEntrypoint',
      /^InvalidEntrypoint: .*\/no\/such\/program/,
    ],
    [
      'a handler that is not there',
      { command: ['app.missing'] },
      'Runtime.HandlerNotFound',
      /^InitFailed: Runtime.HandlerNotFound: .*missing/,
    ],
    [
      'a program that ends',
      { entryPoint: ['/bin/sh', '-c'], command: ['exit 3'] },
      'Runtime.ExitError',
      /^RuntimeExited: .*exit status 3/,
    ],
    [
      'no runtime client',
      { entryPoint: ['/bin/sleep'], command: ['600'] },
      'Sandbox.Timedout',
      /^InitTimedOut: .*within 2 s/,
    ],
  ] as const)(
    'says so to the caller and in a condition, in one pod: %s',
    async ([, image, errorType, expected], { expect }) => {
      pushNode('broken:1');
      const uri = `${registry.address}/broken:1`;
      const name = await useFunction(
        imageSpec({ uri, ...image }, { timeout: 3, scaling: { initSeconds: 2 } }),
      );
      expect(await invoke(name)).toMatchObject({
        functionError: 'Unhandled',
        payload: { errorType },
      });
      expect(await refusedBecause(name, 'WorkloadAvailable')).toMatch(expected);
      await invoke(name);
      expect(podsOf(name)).toHaveLength(1);
    },
  );
});

describe('a spec of an image function', () => {
  it.for([
    ['a runtime', { runtime: 'nodejs24.x' }, 'spec.runtime is not for packageType Image'],
    ['a handler', { handler: 'app.one' }, 'set spec.code.image.command'],
    ['an archive', { code: { inline: 'x' } }, 'packageType Image go together'],
    ['no image', { packageType: 'Zip', runtime: 'x', handler: 'y' }, 'go together'],
  ] as const)('is refused with %s', ([, spec, message], { expect }) => {
    const manifest = aFunctionManifest('refused', imageSpec({ uri: 'a/b:1' }, spec));
    expect(refusalOf(manifest)).toContain(message);
  });
});
