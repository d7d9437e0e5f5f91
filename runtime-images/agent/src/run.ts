import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { LIMITS } from '@mayfly/lambda-api';
import { buildAnnouncer } from './announcer.ts';
import type { Announcer } from './announcer.ts';
import type { AgentConfig } from './config.ts';
import { ExecutionEnvironment } from './execution-environment.ts';
import { SupervisedRuntimes } from './head-start/supervised-runtimes.ts';
import { buildInvocationServer } from './invocation-server.ts';
import { LogWriter } from './log-writer.ts';
import { Preparation } from './preparation.ts';
import { buildRuntimeApiServer } from './runtime-api-server.ts';
import { RuntimeProcess } from './runtime-process.ts';
import { settleWithin } from './runtime.ts';
import { Supervisor } from './supervisor.ts';

export { parseConfig } from './config.ts';
export type { AgentConfig } from './config.ts';

const LOG_DRAIN_DEADLINE_MS = 500;
const LAST_WORDS_DEADLINE_MS = 10_000;

/** The outside of an agent. */
export interface AgentDeps {
  /** Takes the log: one LogRecord a line. */
  readonly stdout: Writable;
  /** Takes what goes wrong in the agent itself. */
  readonly stderr: Writable;
  /** Ends when the platform is gone; watched only when the configuration asks for it. */
  readonly stdin: Readable;
}

/** How an agent ended. */
export type AgentEnd = 'closed' | 'failed';

/** A running agent. */
export interface Agent {
  /** Where invocations go. */
  readonly port: number;
  /** Where the runtime asks for them. */
  readonly runtimeApiPort: number;
  /** Resolves when the agent has ended: `failed` when it cannot or must not go on. */
  readonly ended: Promise<AgentEnd>;
  /** Finishes the running invocation, lets the runtime end, then ends. */
  close(): Promise<void>;
  /** Kills the runtime and ends. */
  destroy(): Promise<void>;
}

/** Starts an agent: one execution environment, waiting for its assignment. */
export async function run(config: AgentConfig, deps: AgentDeps): Promise<Agent> {
  const logWriter = new LogWriter(deps.stdout);
  // A platform that is gone does not read complaints either.
  deps.stderr.on('error', () => undefined);
  const { executionEnvironmentId, token, supervisorDir } = config;
  const announcer = buildAnnouncer({
    url: config.announceUrl,
    token,
    origin: config.pod,
    onRefused: (announcement, statusCode) => {
      deps.stderr.write(`announcement refused: ${announcement.kind}: ${statusCode.toString()}\n`);
      ending.fail();
    },
  });
  const fail = (message: string): void => {
    deps.stderr.write(`${message}\n`);
    ending.fail(announcer.announce({ kind: 'failed', executionEnvironmentId, message }));
  };
  const supervisor = supervisorDir === undefined ? undefined : new Supervisor(supervisorDir);
  const runtimes = supervisor && new SupervisedRuntimes({ ...config, supervisor });
  const preparation = new Preparation(config, runtimes?.ready);
  const locateRuntimeApi = (): string => `127.0.0.1:${portOf(runtimeApiServer).toString()}`;
  const executionEnvironment = new ExecutionEnvironment({
    executionEnvironmentId,
    maxResponseBytes: config.maxResponseBytes,
    shutdownTimeoutMs: LIMITS.shutdownTimeoutMs,
    logWriter,
    announce: (said) =>
      announcer.announce(said.kind === 'ready' ? { ...said, ...preparation.report } : said),
    startRuntime: (options) => runtimes?.start(options) ?? new RuntimeProcess(options),
    prepare: (assignment, signal) => {
      announcer.prepare();
      runtimes?.prepare(assignment);
      return preparation.prepare(assignment, signal);
    },
    onBroken: fail,
    runtimeApi: locateRuntimeApi,
    dropRuntimeConnections: () => {
      runtimeApiServer.closeAllConnections();
    },
  });
  const runtimeApiServer = buildRuntimeApiServer(executionEnvironment);
  const invocationServer = buildInvocationServer({
    executionEnvironment,
    token,
    maxRequestBytes: config.maxRequestBytes,
  });
  const servers = [invocationServer, runtimeApiServer];
  const ending = buildEnding({ executionEnvironment, logWriter, servers, supervisor, announcer });
  await listen(runtimeApiServer, '127.0.0.1', config.runtimeApiPort);
  await listen(invocationServer, config.host, config.port);
  if (config.exitOnStdinEnd) watchPlatform(deps.stdin, ending.abandon);
  const port = portOf(invocationServer);
  const open = (): void => {
    if (!executionEnvironment.open()) return;
    const isOver = (): boolean => executionEnvironment.status.state !== 'waiting';
    void announcer.announce({ kind: 'waiting', executionEnvironmentId, port }, isOver);
  };
  if (supervisor !== undefined) watchSupervisor(supervisor, { onGone: fail, close: ending.close });
  runtimes?.open(locateRuntimeApi()).catch((error: unknown) => {
    fail(String(error));
  });
  // What is made for a function gets its code while its container is still being made.
  if (config.spare === undefined) open();
  else void Promise.all([runtimes?.ready, prepareAhead(config)]).then(open);
  return { port, runtimeApiPort: portOf(runtimeApiServer), ...ending };
}

/** What an assignment needs is loaded and has run before it comes. */
async function prepareAhead({ supervisorDir }: AgentConfig): Promise<void> {
  if (supervisorDir === undefined) return;
  const { rehearse } = await import('./rehearsal/rehearse.ts');
  // Where it fails, the assignment will say so.
  await rehearse(supervisorDir).catch(() => undefined);
}

function watchSupervisor(
  supervisor: Supervisor,
  hooks: {
    readonly onGone: (message: string) => void;
    readonly close: () => Promise<void>;
  },
): void {
  // The main container of a pod is stopped first: this is how the agent hears of it.
  supervisor.onTerminating = () => void hooks.close();
  void supervisor.gone.then(() => {
    hooks.onGone('the container of the function has ended');
  });
}

interface EndingParts {
  readonly executionEnvironment: ExecutionEnvironment;
  readonly logWriter: LogWriter;
  readonly servers: readonly Server[];
  readonly supervisor: Supervisor | undefined;
  readonly announcer: Announcer;
}

interface Ending extends Pick<Agent, 'ended' | 'close' | 'destroy'> {
  /** As close, but nobody waits for the running invocation any more. */
  readonly abandon: () => void;
  /** As close, and says that it was no good end. Waits for last words. */
  readonly fail: (lastWords?: Promise<void>) => void;
}

function buildEnding(parts: EndingParts): Ending {
  const { promise: ended, resolve: markEnded } = Promise.withResolvers<AgentEnd>();
  let end: AgentEnd = 'closed';
  let said = Promise.resolve();
  const finish = async (): Promise<void> => {
    await parts.logWriter.drain(LOG_DRAIN_DEADLINE_MS);
    await settleWithin(said, LAST_WORDS_DEADLINE_MS);
    parts.announcer.close();
    parts.supervisor?.close();
    for (const server of parts.servers) server.close();
    const [invocationServer, runtimeApiServer] = parts.servers;
    invocationServer?.closeIdleConnections();
    runtimeApiServer?.closeAllConnections();
    markEnded(end);
  };
  let closing: Promise<void> | undefined;
  let destroying: Promise<void> | undefined;
  const close = (abandonInvocation: boolean): Promise<void> => {
    closing ??= parts.executionEnvironment.close({ abandonInvocation }).then(finish);
    return closing;
  };
  const destroy = (): Promise<void> => {
    destroying ??= parts.executionEnvironment.destroy().then(finish);
    return destroying;
  };
  return {
    ended,
    close: () => close(false),
    destroy,
    // A close may already be waiting for an invocation: that wait is over then.
    abandon: () => void (closing === undefined ? close(true) : destroy()),
    fail: (lastWords = Promise.resolve()) => {
      if (closing !== undefined || destroying !== undefined) return;
      end = 'failed';
      said = lastWords;
      void close(false);
    },
  };
}

// The platform holds the other end of stdin: when it dies, however it dies, stdin ends.
function watchPlatform(stdin: Readable, onGone: () => void): void {
  let isGone = false;
  const markGone = (): void => {
    if (isGone) return;
    isGone = true;
    onGone();
  };
  stdin.on('end', markGone);
  stdin.on('error', markGone);
  stdin.on('close', markGone);
  stdin.resume();
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new Error(`listening on ${host}:${port.toString()}`, { cause }));
    });
    server.listen(port, host, resolve);
  });
}

function portOf(server: Server): number {
  const address = server.address();
  // Both servers listen on TCP, so the address is never a path.
  return (address as AddressInfo).port;
}
