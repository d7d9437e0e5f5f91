import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '@mayfly/core';
import type { LocalLogger } from '../local-logger.ts';
import { LineSplitter, pumpLogs, type LogSink } from './log-pump.ts';
import { MARKER } from './process-scan.ts';
import { sendSignal } from './stray-killer.ts';

/** What an agent is started with. */
export interface AgentProcessOptions {
  /** Unique over all agents of all times: processes are found by it. */
  readonly id: string;
  readonly token: string;
  /** Private folder: `tmp` in it is the function's temporary directory. */
  readonly folder: string;
  readonly program: readonly [string, ...string[]];
  readonly announceUrl: string;
  readonly searchPath: string;
  readonly extraVariables: Readonly<Record<string, string>>;
  readonly logSink: LogSink;
  readonly clock: Clock;
  readonly logger: LocalLogger;
}

type Spawned = ChildProcessByStdio<Writable, Readable, Readable>;

/** Time for an agent to end its runtime (which has 2 s) and itself. */
const TERMINATION_MS = 2500;
const MAX_ERROR_LINE_BYTES = 8192;
// A process that it has not made might hold the pipe open.
const LOG_END_MS = 1000;

/** One agent as a child process: leads a session of its own, ends when this process does. */
export class AgentProcess {
  readonly id: string;
  readonly token: string;
  readonly folder: string;
  readonly pid: number;
  /** `host:port`, once it has announced that it waits. */
  address: string | undefined;
  /** How it ended; all of its log has been read by then. */
  readonly ended: Promise<string>;
  readonly #clock: Clock;
  readonly #child: Spawned;

  private constructor(options: AgentProcessOptions, child: Spawned, pid: number) {
    this.id = options.id;
    this.token = options.token;
    this.folder = options.folder;
    this.pid = pid;
    this.#clock = options.clock;
    this.#child = child;
    // Its end is seen by the exit; writing to it is not done.
    child.stdin.on('error', () => undefined);
    const logged = pumpLogs(child.stdout, options.logSink, options.logger);
    logErrors(child.stderr, options);
    this.ended = describeEnd(child).then(async (message) => {
      await Promise.race([logged, wait(options.clock, LOG_END_MS)]);
      return message;
    });
  }

  /** Starts one; it announces itself later. Rejects when it cannot be started. */
  static async start(options: AgentProcessOptions): Promise<AgentProcess> {
    await mkdir(path.join(options.folder, 'tmp'), { recursive: true });
    const [program, ...args] = options.program;
    const child = spawn(program, args, {
      detached: true,
      cwd: options.folder,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        ...options.extraVariables,
        PATH: options.searchPath,
        [MARKER]: options.id,
        MAYFLY_AGENT_TOKEN: options.token,
        MAYFLY_ANNOUNCE_URL: options.announceUrl,
        MAYFLY_AGENT_HOST: '127.0.0.1',
        MAYFLY_AGENT_PORT: '0',
        MAYFLY_EXIT_ON_STDIN_END: '1',
      },
    });
    // Before `spawn` has been waited for: it may end at once.
    await once(child, 'spawn');
    if (child.pid === undefined) throw new Error(`starting ${program}: it has no process id`);
    return new AgentProcess(options, child, child.pid);
  }

  /** Asks it to end, then makes it. */
  terminate(): void {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    sendSignal(this.pid, 'SIGTERM');
    const timer = this.#clock.after(TERMINATION_MS, () => {
      sendSignal(-this.pid, 'SIGKILL');
    });
    this.#child.once('exit', () => {
      timer.cancel();
    });
  }
}

async function describeEnd(child: ChildProcess): Promise<string> {
  const [exitCode, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return signal === null ? `exit status ${String(exitCode)}` : `signal ${signal}`;
}

function wait(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.after(delayMs, resolve));
}

function logErrors(stderr: Readable, { logger, id }: AgentProcessOptions): void {
  const splitter = new LineSplitter(MAX_ERROR_LINE_BYTES);
  stderr.on('data', (chunk: Buffer) => {
    for (const line of splitter.push(chunk)) logger.warn({ agent: id, line }, 'agent');
  });
}
