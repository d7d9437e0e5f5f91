import { execFile } from 'node:child_process';
import { cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  aCreateRequest,
  AnnouncementLog,
  eventually,
  invokeAgent,
  useTemporaryFolder,
} from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import { RuntimeCatalog } from '../runtimes/runtime-catalog.ts';
import {
  hasProgram,
  SEARCH_PATH,
  silentLogger,
  startLocalWorld,
  type FunctionCode,
  type LocalWorld,
} from './driver-fixture.ts';

const run = promisify(execFile);
const GO_SOURCE = fileURLToPath(
  new URL('../../../../test/fixtures/functions/go-hello/', import.meta.url),
);
const PYTHON = 'python3.11';
const PYTHON_SOURCE = `
import os, sys
print("loading", sys.version_info[:2])
def lambda_handler(event, context):
    if "name" not in event:
        raise KeyError("name")
    print("greeting", event["name"])
    return {"message": f"Hello, {event['name']}!", "cwd": os.getcwd(), "id": context.aws_request_id}
`;
// A compiler or pip may have to start with nothing at all.
const SLOW = { timeout: 300_000 };

interface Started extends LocalWorld {
  invoke(payload: string): ReturnType<typeof invokeAgent>;
}

async function start(stateDir: string, code: FunctionCode): Promise<Started> {
  const catalog = new RuntimeCatalog({
    stateDir,
    nodeBootstrapPath: '/nowhere/bootstrap.mjs',
    searchPath: SEARCH_PATH,
    // pip is told here where to find packages.
    installVariables: process.env as Record<string, string>,
    logger: silentLogger,
  });
  const world = await startLocalWorld(stateDir, { catalog });
  onTestFinished(() => world.driver.close());
  await world.driver.supports(code.runtime);
  const announcements = new AnnouncementLog(world.driver);
  await world.driver.create(aCreateRequest('ee'));
  const waiting = await announcements.waitFor('waiting', 'ee');
  await world.driver.assign(await world.anAssignment('ee', code));
  const ready = await announcements.waitFor('ready', 'ee');
  if (ready.initOutcome !== 'success') {
    throw new Error(world.logs.map(({ message }) => message).join('\n'));
  }
  return { ...world, invoke: (payload) => invokeAgent(waiting, payload) };
}

describe.runIf(hasProgram('go', 'version'))('a Go function', () => {
  it('runs on the client of AWS', SLOW, async ({ expect }) => {
    const stateDir = await useTemporaryFolder();
    const source = path.join(stateDir, 'source');
    const folder = path.join(stateDir, 'package');
    await cp(GO_SOURCE, source, { recursive: true });
    await mkdir(folder);
    const args = ['build', '-trimpath', '-tags', 'lambda.norpc', '-o', `${folder}/bootstrap`, '.'];
    const env = { ...process.env, CGO_ENABLED: '0' };
    await run('go', args, { cwd: source, env });
    const { invoke, logs } = await start(stateDir, { runtime: 'provided.al2023', folder });
    expect(JSON.parse((await invoke('{"name":"Ada"}')).payload)).toMatchObject({
      message: 'Hello, Ada!',
      region: 'eu-central-1',
    });
    expect(await invoke('{}')).toEqual({
      statusCode: 200,
      functionError: 'Unhandled',
      payload: '{"errorMessage":"nobody to greet","errorType":"errorString"}',
    });
    await eventually(() => {
      expect(logs.map(({ message }) => message)).toContain('greeting Ada');
    });
  });
});

describe.runIf(hasProgram(PYTHON, '-c', 'import venv, ensurepip'))('a Python function', () => {
  it('runs on the client of AWS in a private environment', SLOW, async ({ expect }) => {
    const { invoke, logs } = await start(await useTemporaryFolder(), {
      runtime: PYTHON,
      handler: 'lambda_function.lambda_handler',
      inline: PYTHON_SOURCE,
    });
    expect(JSON.parse((await invoke('{"name":"Ada"}')).payload)).toMatchObject({
      message: 'Hello, Ada!',
    });
    const failed = await invoke('{}');
    expect(failed.functionError).toBe('Unhandled');
    expect(JSON.parse(failed.payload)).toMatchObject({
      errorType: 'KeyError',
      errorMessage: "'name'",
    });
    await eventually(() => {
      const messages = logs.map(({ message }) => message);
      expect(messages).toContain('loading (3, 11)');
      expect(messages).toContain('greeting Ada');
    });
  });
});
