import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '@mayfly/testkit';

const ROOT = path.resolve(import.meta.dirname, '../..');
const VERSION = 'v1.8.0';
const PACKAGE = 'github.com/versity/versitygw/cmd/versitygw';
const FOLDER = path.join(ROOT, '.cache/s3-server', VERSION);
const PROGRAM = path.join(FOLDER, 'versitygw');

/** How long the first build may take: its modules are fetched, too. */
export const S3_BUILD_TIMEOUT_MS = 900_000;

/** An S3-compatible server with one bucket, which keeps versions. */
export interface S3Server {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  close(): Promise<void>;
}

/** Starts versitygw on a folder of its own; builds it first where it has not been built. */
export async function startS3Server(): Promise<S3Server> {
  await ensureProgram();
  const folder = await mkdtemp(path.join(tmpdir(), 'mayfly-s3-'));
  const [data, versions, metadata] = ['data', 'versions', 'metadata'].map((name) =>
    path.join(folder, name),
  ) as [string, string, string];
  for (const each of [data, versions, metadata]) await mkdir(each);
  const credentials = { accessKeyId: 'mayfly', secretAccessKey: 'a-secret-of-the-tests' };
  const address = `127.0.0.1:${(await findFreePort()).toString()}`;
  const posix = ['posix', '--versioning-dir', versions, '--sidecar', metadata, data];
  const child = spawn(PROGRAM, ['--port', address, '--health', '/health', ...posix], {
    env: {
      ROOT_ACCESS_KEY: credentials.accessKeyId,
      ROOT_SECRET_KEY: credentials.secretAccessKey,
    },
    stdio: 'ignore',
  });
  const close = async (): Promise<void> => {
    await end(child);
    await rm(folder, { recursive: true, force: true });
  };
  const endpoint = `http://${address}`;
  try {
    await eventually(
      async () => {
        const { status } = await fetch(`${endpoint}/health`);
        if (status !== 200) throw new Error(`it answers ${status.toString()}`);
      },
      { timeoutMs: 15_000 },
    );
  } catch (cause) {
    await close();
    throw new Error('starting the S3 server', { cause });
  }
  return { endpoint, region: 'us-east-1', credentials, close };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** The program appears whole: two test runs that build it at once do not meet. */
async function ensureProgram(): Promise<void> {
  if (await isFile(PROGRAM)) return;
  await mkdir(FOLDER, { recursive: true });
  const staging = await mkdtemp(path.join(FOLDER, 'building-'));
  try {
    await promisify(execFile)('go', ['install', `${PACKAGE}@${VERSION}`], {
      cwd: staging,
      timeout: S3_BUILD_TIMEOUT_MS,
      env: {
        ...process.env,
        GOBIN: staging,
        GOPATH: path.join(ROOT, '.cache/go'),
        GOFLAGS: '-modcacherw',
      },
    });
    await rename(path.join(staging, 'versitygw'), PROGRAM);
  } catch (cause) {
    throw new Error('building the S3 server', { cause });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function isFile(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined))?.isFile() ?? false;
}
