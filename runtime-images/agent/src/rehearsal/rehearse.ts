import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { request } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { AGENT_PATHS, encodeAssignment } from '@mayfly/core';
import type { Assignment } from '@mayfly/core';
import { RUNTIME_API_HEADERS } from '@mayfly/lambda-api';
import { ExecutionEnvironment } from '../execution-environment.ts';
import { buildInvocationServer } from '../invocation-server.ts';
import { LogWriter } from '../log-writer.ts';
import { prepareCode } from '../prepare-code.ts';
import { buildRuntimeApiServer } from '../runtime-api-server.ts';
import type { Runtime } from '../runtime.ts';

/** A zip with one file of 16 bytes. */
const ARCHIVE = Buffer.from(
  'UEsDBBQAAAgIAAAAIQDVaNbPBQAAABAAAAABAAAAYUtMRAUAUEsBAj8DFAAACAgAAAAhANVo1s8FAAAAEAAAAAEAAAAAAAAAAAAA' +
    'AKSBAAAAAGFQSwUGAAAAAAEAAQAvAAAAJAAAAAAA',
  'base64',
);
const DEADLINE_MS = 10_000;
const MAX_BYTES = 64 * 1024;
const TOKEN = 'rehearsal';
const PAYLOAD = '{}';

const RUNTIME: Runtime = {
  pause: () => undefined,
  resume: () => undefined,
  terminate: () => Promise.resolve(),
  kill: () => Promise.resolve(),
  readMemoryBytes: () => 0,
  readPeakMemoryMb: () => 0,
};

/**
 * Plays the whole life of an execution environment, below `directory`, with nobody's function, for nobody, and takes away
 * what it has left. The first time costs twice what the second does, because all that runs has to be loaded and compiled:
 * an agent that waits for a function has the time for that.
 */
export async function rehearse(directory: string): Promise<void> {
  const signal = AbortSignal.timeout(DEADLINE_MS);
  const taskRoot = join(directory, 'rehearsal');
  const started = Promise.withResolvers<undefined>();
  // It may be that nobody waits for it any more.
  started.promise.catch(() => undefined);
  const executionEnvironment = makeStage(taskRoot, started);
  const invocationServer = buildInvocationServer({
    executionEnvironment,
    token: TOKEN,
    maxRequestBytes: MAX_BYTES,
  });
  const runtimeApiServer = buildRuntimeApiServer(executionEnvironment);
  const servers = [invocationServer, runtimeApiServer];
  try {
    for (const server of servers) await once(server.listen(0, '127.0.0.1'), 'listening');
    executionEnvironment.open();
    const ports = { port: portOf(invocationServer), runtimePort: portOf(runtimeApiServer) };
    await play({ ...ports, taskRoot, started: started.promise }, signal);
  } finally {
    await executionEnvironment.destroy();
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
    await rm(taskRoot, { recursive: true, force: true });
  }
}

function makeStage(
  taskRoot: string,
  started: PromiseWithResolvers<undefined>,
): ExecutionEnvironment {
  const nowhere = new Writable({
    write: (_chunk, _encoding, callback) => {
      callback();
    },
  });
  return new ExecutionEnvironment({
    executionEnvironmentId: 'rehearsal',
    maxResponseBytes: MAX_BYTES,
    shutdownTimeoutMs: 0,
    logWriter: new LogWriter(nowhere),
    announce: () => Promise.resolve(),
    startRuntime: () => {
      started.resolve(undefined);
      return RUNTIME;
    },
    prepare: ({ code }, signal) =>
      code && prepareCode(code, { taskRoot, token: TOKEN, trustedOrigin: undefined }, signal),
    onBroken: (message) => {
      started.reject(new Error(message));
    },
    runtimeApi: () => '',
    dropRuntimeConnections: () => undefined,
  });
}

/** The parts of the platform, of the gateway, and of the runtime. */
async function play(
  {
    port,
    runtimePort,
    taskRoot,
    started,
  }: {
    readonly port: number;
    readonly runtimePort: number;
    readonly taskRoot: string;
    readonly started: Promise<unknown>;
  },
  signal: AbortSignal,
): Promise<void> {
  const { head, archives } = encodeAssignment(makeAssignment(taskRoot));
  const runtimeApi = '/2018-06-01/runtime/invocation';
  const serve = async (): Promise<void> => {
    await started;
    const next = await exchange({ port: runtimePort, path: `${runtimeApi}/next` }, signal);
    const requestId = String(next[RUNTIME_API_HEADERS.requestId]);
    const path = `${runtimeApi}/${requestId}/response`;
    await exchange({ port: runtimePort, path, body: [PAYLOAD] }, signal);
  };
  await exchange({ port, path: AGENT_PATHS.assignment, body: [head, ...archives] }, signal);
  const invocation = { port, path: AGENT_PATHS.invocations, body: [PAYLOAD] };
  await Promise.all([exchange(invocation, signal), serve()]);
}

function makeAssignment(taskRoot: string): Assignment {
  return {
    functionName: 'rehearsal',
    version: '$LATEST',
    region: 'us-east-1',
    accountId: '000000000000',
    memorySizeMb: 128,
    timeoutMs: DEADLINE_MS,
    initTimeoutMs: DEADLINE_MS,
    initializationType: 'on-demand',
    environmentVariables: {},
    logFormat: 'Text',
    logStreamName: 'rehearsal',
    taskRoot,
    runtimeDir: taskRoot,
    command: ['rehearsal'],
    presetVariables: {},
    code: {
      codeSha256: createHash('sha256').update(ARCHIVE).digest('base64'),
      codeSize: ARCHIVE.length,
      source: { kind: 'attached', archive: ARCHIVE },
    },
  };
}

interface Exchange {
  readonly port: number;
  readonly path: string;
  readonly body?: readonly (string | Uint8Array)[];
}

/** Resolves with the headers of a good answer that has come as a whole. */
function exchange(
  { port, path, body }: Exchange,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const sent = request({
      host: '127.0.0.1',
      port,
      path,
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${TOKEN}` },
      agent: false,
      signal,
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      const { statusCode = 0, headers } = response;
      if (statusCode >= 300) reject(new Error(`${path} was answered ${statusCode.toString()}`));
      buffer(response).then(() => {
        resolve(headers);
      }, reject);
    });
    for (const part of body ?? []) sent.write(part);
    sent.end();
  });
}

function portOf(server: Server): number {
  // It listens on TCP.
  return (server.address() as AddressInfo).port;
}
