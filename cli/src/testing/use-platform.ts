import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyDefaults, validateSpec } from '@mayfly/api';
import type { FunctionResource } from '@mayfly/api';
import { SqliteResourceStore } from '@mayfly/local';
import { systemClock } from '@mayfly/telemetry';
import { onTestFinished } from 'vitest';
import { writeControlFile } from '../control-api/control-file.ts';
import { buildControlServer } from '../control-api/server.ts';
import { ObservedLogs } from './observed-logs.ts';

/** A control API and a gateway on real sockets, over a real store; no operator looks at the objects. */
export interface TestPlatform {
  /** Working directory of the program: holds `.mayfly/control.json`. */
  readonly directory: string;
  readonly store: SqliteResourceStore;
  readonly logs: ObservedLogs;
  readonly url: string;
  readonly token: string;
  readonly faults: readonly unknown[];
  /** Says what the operator would have seen. */
  markReady(name: string): Promise<void>;
  markFailed(name: string, reason: string): Promise<void>;
  close(): Promise<void>;
}

const TOKEN = 'token-of-this-test';

/** An empty directory, removed after the test. */
export async function useDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'mayfly-cli-'));
  onTestFinished(async () => {
    await rm(directory, { recursive: true, force: true });
  });
  return directory;
}

/** Starts a platform that ends with the test. */
export async function usePlatform(gateway: RequestListener = refuseAll): Promise<TestPlatform> {
  const directory = await useDirectory();
  const faults: unknown[] = [];
  const store = new SqliteResourceStore({
    path: join(directory, 'resources.db'),
    clock: systemClock,
    makeUid: randomUUID,
    validate: validateSpec,
    applyDefaults,
  });
  const logs = new ObservedLogs({
    directory: join(directory, 'logs'),
    maxBytesPerFunction: 1_000_000,
    logger: { error: (...details) => faults.push(details) },
  });
  const server = buildControlServer({
    store,
    logs,
    token: TOKEN,
    validate: validateSpec,
    onFault: (error) => faults.push(error),
  });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  const gatewayUrl = await useHttpServer(gateway);
  await writeControlFile(join(directory, '.mayfly'), { url, token: TOKEN, gatewayUrl, pid: 1 });
  const close = async (): Promise<void> => {
    await server.close();
  };
  onTestFinished(async () => {
    await close();
    await logs.close();
    store.close();
  });
  const patch = makeStatusPatch(store);
  return {
    ...{ directory, store, logs, url, token: TOKEN, faults, close },
    markReady: (name) =>
      patch(name, { state: 'Active', ready: 'True', message: 'it can be called' }),
    markFailed: (name, reason) => patch(name, { state: 'Failed', ready: 'False', message: reason }),
  };
}

/** Starts an HTTP server that ends with the test; gives its URL. */
export async function useHttpServer(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port.toString()}`;
}

/** All of a request's body. */
export async function readRequestBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

interface Seen {
  readonly state: 'Active' | 'Failed';
  readonly ready: 'True' | 'False';
  readonly message: string;
}

function makeStatusPatch(store: SqliteResourceStore) {
  return async (name: string, seen: Seen): Promise<void> => {
    const fn = await store.get('Function', { namespace: 'default', name });
    if (fn === undefined) throw new Error(`there is no function ${name}`);
    const status: FunctionResource['status'] = {
      observedGeneration: fn.metadata.generation,
      state: seen.state,
      stateReason: seen.message,
      url: `http://127.0.0.1:8080/url/default/${name}/`,
      conditions: [
        {
          type: 'Ready',
          status: seen.ready,
          reason: 'Tested',
          message: seen.message,
          lastTransitionTime: '2026-01-01T00:00:00.000Z',
        },
      ],
    };
    await store.patchStatus({ ...fn, status });
  };
}

const refuseAll: RequestListener = (_request, response) => {
  response.writeHead(501).end();
};
