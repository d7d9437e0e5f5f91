import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { LIMITS } from '@mayfly/lambda-api';
import { buildAnnouncer } from './announcer.ts';
import type { AgentConfig } from './config.ts';
import { ExecutionEnvironment } from './execution-environment.ts';
import { buildInvocationServer } from './invocation-server.ts';
import { LogWriter } from './log-writer.ts';
import { buildRuntimeApiServer } from './runtime-api-server.ts';

export { parseConfig } from './config.ts';
export type { AgentConfig } from './config.ts';

const LOG_DRAIN_DEADLINE_MS = 500;

/** The outside of an agent. */
export interface AgentDeps {
  /** Takes the log: one LogRecord a line. */
  readonly stdout: Writable;
  /** Takes what goes wrong in the agent itself. */
  readonly stderr: Writable;
  /** Ends when the platform is gone; watched only when the configuration asks for it. */
  readonly stdin: Readable;
}

/** A running agent. */
export interface Agent {
  /** Where invocations go. */
  readonly port: number;
  /** Where the runtime asks for them. */
  readonly runtimeApiPort: number;
  /** Resolves when the agent has ended, whatever ended it. */
  readonly ended: Promise<void>;
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
  const announce = buildAnnouncer({
    url: config.announceUrl,
    token: config.token,
    onLost: (announcement, error) => {
      deps.stderr.write(`announcement lost: ${announcement.kind}: ${String(error)}\n`);
    },
  });
  const executionEnvironment = new ExecutionEnvironment({
    executionEnvironmentId: config.executionEnvironmentId,
    maxResponseBytes: config.maxResponseBytes,
    shutdownTimeoutMs: LIMITS.shutdownTimeoutMs,
    logWriter,
    announce,
    runtimeApi: () => `127.0.0.1:${portOf(runtimeApiServer).toString()}`,
    dropRuntimeConnections: () => {
      runtimeApiServer.closeAllConnections();
    },
  });
  const runtimeApiServer = buildRuntimeApiServer(executionEnvironment);
  const invocationServer = buildInvocationServer({
    executionEnvironment,
    token: config.token,
    maxRequestBytes: config.maxRequestBytes,
  });
  await listen(runtimeApiServer, '127.0.0.1', 0);
  await listen(invocationServer, config.host, config.port);

  const ending = buildEnding({
    executionEnvironment,
    logWriter,
    invocationServer,
    runtimeApiServer,
  });
  if (config.exitOnStdinEnd) watchPlatform(deps.stdin, ending.abandon);
  executionEnvironment.open();
  const port = portOf(invocationServer);
  const { executionEnvironmentId } = config;
  announce({ kind: 'waiting', executionEnvironmentId, port });
  return { port, runtimeApiPort: portOf(runtimeApiServer), ...ending };
}

interface EndingParts {
  readonly executionEnvironment: ExecutionEnvironment;
  readonly logWriter: LogWriter;
  readonly invocationServer: Server;
  readonly runtimeApiServer: Server;
}

interface Ending extends Pick<Agent, 'ended' | 'close' | 'destroy'> {
  /** As close, but nobody waits for the running invocation any more. */
  readonly abandon: () => void;
}

function buildEnding(parts: EndingParts): Ending {
  const { promise: ended, resolve: markEnded } = Promise.withResolvers<undefined>();
  const finish = async (): Promise<void> => {
    await parts.logWriter.drain(LOG_DRAIN_DEADLINE_MS);
    parts.invocationServer.close();
    parts.runtimeApiServer.close();
    parts.invocationServer.closeIdleConnections();
    parts.runtimeApiServer.closeAllConnections();
    markEnded(undefined);
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
