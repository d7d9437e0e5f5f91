import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const ROOT = path.resolve(import.meta.dirname, '../..');
const CLIENTS = path.join(ROOT, 'test/conformance/clients');
const CACHE = path.join(ROOT, '.cache');
/** Of a first time, on a slow machine with others at work: the SDKs are downloaded, Go's is compiled too. */
export const COMPILED_CLIENT_TIMEOUT_MS = 400_000;

const run = promisify(execFile);

/** Whether a program can be run here. */
export async function hasProgram(name: string): Promise<boolean> {
  return run('sh', ['-c', `command -v ${name}`]).then(
    () => true,
    () => false,
  );
}

/** Runs the Go client against a gateway; what it printed. */
export async function runGoClient(gatewayUrl: string): Promise<string> {
  const GOPATH = path.join(CACHE, 'go');
  const env = { ...process.env, GOPATH, GOFLAGS: '-modcacherw' };
  const options = { cwd: path.join(CLIENTS, 'go'), env, timeout: COMPILED_CLIENT_TIMEOUT_MS };
  const { stdout } = await run('go', ['run', '.', gatewayUrl], options);
  return stdout;
}

/** Runs the Java client against a gateway; what it printed. */
export async function runJavaClient(gatewayUrl: string): Promise<string> {
  const jars = await ensureJars();
  const program = path.join(CLIENTS, 'java/ManageFunction.java');
  const command = ['-cp', path.join(jars, '*'), program, gatewayUrl];
  const { stdout } = await run('java', command, { timeout: COMPILED_CLIENT_TIMEOUT_MS });
  return stdout;
}

/** The folder appears whole: two test runs that make it at once do not meet. */
async function ensureJars(): Promise<string> {
  const folder = path.join(CACHE, 'java-client');
  if (await isThere(folder)) return folder;
  await mkdir(CACHE, { recursive: true });
  const staging = await mkdtemp(path.join(CACHE, 'java-client-'));
  try {
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${staging}`];
    const repository = `-Dmaven.repo.local=${path.join(CACHE, 'maven')}`;
    const pom = path.join(CLIENTS, 'java/pom.xml');
    await run('mvn', ['-B', '-q', '-f', pom, repository, ...goal], {
      timeout: COMPILED_CLIENT_TIMEOUT_MS,
    });
    await rename(staging, folder);
    return folder;
  } catch (cause) {
    if (await isThere(folder)) return folder;
    throw new Error('getting the AWS SDK for Java', { cause });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
