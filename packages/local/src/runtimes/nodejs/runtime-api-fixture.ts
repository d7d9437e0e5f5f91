import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';

/** What the runtime posted. */
export interface Posted {
  readonly path: string;
  readonly contentType: string | undefined;
  readonly errorType: string | undefined;
  readonly body: string;
}

/** Extra headers of an invocation. */
export type InvocationHeaders = Readonly<Record<string, string>>;

/** Options of a runtime under test. */
export interface RuntimeOptions {
  readonly handler?: string;
  readonly environmentVariables?: Readonly<Record<string, string>>;
  /** Whether the server closes every connection after its answer. */
  readonly closesConnections?: boolean;
}

/** A bootstrap in a process of its own, with a Runtime API that the test drives. */
export interface RunningRuntime {
  /** Gives the runtime one invocation and waits for what it posts. */
  invoke(event: unknown, headers?: InvocationHeaders): Promise<Posted>;
  /** The next thing that the runtime posts. */
  posted(): Promise<Posted>;
  /** Exit status, once the process has ended. */
  exited(): Promise<number | null>;
  /** What it has logged, once there are so many lines: its output arrives after its answer. */
  lines(count: number): Promise<string[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

const BOOTSTRAP = path.join(import.meta.dirname, 'bootstrap.ts');

/** Requests and answers that wait for each other, whichever comes first. */
class Rendezvous<T> {
  #items: T[] = [];
  #takers: ((item: T) => void)[] = [];

  put(item: T): void {
    const taker = this.#takers.shift();
    if (taker === undefined) this.#items.push(item);
    else taker(item);
  }

  take(): Promise<T> {
    const item = this.#items.shift();
    if (item !== undefined) return Promise.resolve(item);
    return new Promise((resolve) => this.#takers.push(resolve));
  }
}

/** Starts the bootstrap on files of the given texts. */
export async function startRuntime(
  files: Readonly<Record<string, string>>,
  options: RuntimeOptions = {},
): Promise<RunningRuntime> {
  const taskRoot = await writeFiles(files);
  const polls = new Rendezvous<ServerResponse>();
  const posts = new Rendezvous<Posted>();
  const server = createServer((request, response) => {
    if (options.closesConnections === true) response.shouldKeepAlive = false;
    if (request.url === '/2018-06-01/runtime/invocation/next') polls.put(response);
    else void accept(request, response, posts);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const port = (server.address() as AddressInfo).port.toString();
  const child = spawnBootstrap(taskRoot, `127.0.0.1:${port}`, options);
  let stdout = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  const exit = once(child, 'close') as Promise<[number | null]>;
  let count = 0;
  return {
    async invoke(event, headers = {}): Promise<Posted> {
      const poll = await polls.take();
      count += 1;
      poll.writeHead(200, {
        'Lambda-Runtime-Aws-Request-Id': `request-${count.toString()}`,
        'Lambda-Runtime-Deadline-Ms': (Date.now() + 3000).toString(),
        'Lambda-Runtime-Invoked-Function-Arn':
          'arn:aws:lambda:eu-central-1:000000000000:function:f',
        ...headers,
      });
      poll.end(typeof event === 'string' ? event : JSON.stringify(event));
      return posts.take();
    },
    posted: () => posts.take(),
    exited: async () => (await exit)[0],
    async lines(count): Promise<string[]> {
      while (stdout.split('\n').length <= count) {
        if (child.stdout !== null) await once(child.stdout, 'data');
      }
      return stdout.trimEnd().split('\n');
    },
    async [Symbol.asyncDispose](): Promise<void> {
      child.kill('SIGKILL');
      await exit;
      server.closeAllConnections();
      server.close();
      await rm(taskRoot, { recursive: true, force: true });
    },
  };
}

async function accept(
  request: IncomingMessage,
  response: ServerResponse,
  posts: Rendezvous<Posted>,
): Promise<void> {
  const body = await text(request);
  response.writeHead(202, { 'Content-Type': 'application/json' }).end('{"status":"OK"}');
  posts.put({
    path: (request.url ?? '').replace('/2018-06-01/runtime', ''),
    contentType: request.headers['content-type'],
    errorType: request.headers['lambda-runtime-function-error-type'] as string | undefined,
    body,
  });
}

async function writeFiles(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(path.join(tmpdir(), 'nodejs-runtime-'));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), content);
  }
  return root;
}

function spawnBootstrap(
  taskRoot: string,
  runtimeApi: string,
  options: RuntimeOptions,
): ChildProcess {
  return spawn(process.execPath, [BOOTSTRAP], {
    cwd: taskRoot,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      AWS_LAMBDA_RUNTIME_API: runtimeApi,
      _HANDLER: options.handler ?? 'index.handler',
      LAMBDA_TASK_ROOT: taskRoot,
      AWS_LAMBDA_FUNCTION_NAME: 'f',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/f',
      AWS_LAMBDA_LOG_STREAM_NAME: '2026/01/01/[$LATEST]abc',
      ...options.environmentVariables,
    },
  });
}
