import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEmbedded, type EmbeddedHandle } from '@mayfly/cli/start';
import { eventually } from '@mayfly/testkit';
import { onTestFinished } from 'vitest';
import { writeManifests, type FunctionManifest } from './manifests.ts';

export { aNodeFunction, writeManifests, type FunctionManifest } from './manifests.ts';

/** What an invocation answered. */
export interface InvokeAnswer {
  readonly statusCode: number;
  readonly payload: unknown;
  readonly raw: Buffer;
  readonly functionError: string | undefined;
  readonly logTail: string | undefined;
  readonly executedVersion: string | undefined;
  readonly requestId: string;
  readonly headers: Headers;
}

/** How to call. */
export interface InvokeOptions {
  readonly logTail?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Sent as it is instead of the payload as JSON. */
  readonly rawBody?: string | Uint8Array;
}

/** How a platform under test differs from a user's. */
export interface PlatformOptions {
  readonly functions?: readonly FunctionManifest[];
  /** Settings that a user would give as environment variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** Kept from an earlier platform. */
  readonly stateDirectory?: string;
  /** As of the flag. */
  readonly requiresSignatures?: boolean;
}

/** A running platform and a client of it. */
export interface Platform {
  readonly handle: EmbeddedHandle;
  readonly gatewayUrl: string;
  readonly stateDir: string;
  readonly manifestDir: string;
  invoke(name: string, payload?: unknown, options?: InvokeOptions): Promise<InvokeAnswer>;
  url(name: string): string;
  logs(name: string): Promise<string[]>;
  /** Writes manifests into the watched folder. */
  apply(...functions: readonly FunctionManifest[]): void;
  remove(name: string): void;
  /** The object as `mayfly get -o json` shows it, or undefined. */
  get(name: string): Promise<FunctionObject | undefined>;
  /** Resolves when the state of the function has been decided for its current spec. */
  settled(name: string): Promise<FunctionObject>;
}

/** The part of a Function that tests look at. */
export interface FunctionObject {
  readonly metadata: { readonly generation: number; readonly annotations?: Record<string, string> };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status?: {
    readonly observedGeneration?: number;
    readonly state?: string;
    readonly stateReason?: string;
    readonly stateReasonCode?: string;
    readonly lastUpdateStatus?: string;
    readonly lastUpdateStatusReason?: string;
    readonly lastUpdateStatusReasonCode?: string;
    readonly revisionId?: string;
    readonly codeSha256?: string;
    readonly url?: string;
    readonly executionEnvironments?: { desired: number; ready: number; busy: number };
    readonly conditions?: { type: string; status: string; reason: string; message: string }[];
  };
}

/** A directory that goes with the test. */
export function useDirectory(prefix = 'mayfly-test-'): string {
  const directory = mkdtempSync(path.join(tmpdir(), prefix));
  onTestFinished(() => {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  });
  return directory;
}

const TEST_SETTINGS = {
  MAYFLY_SPARE_AGENTS: '0',
  // Made once for all tests: each platform has a state directory of its own.
  MAYFLY_RUNTIME_DIRECTORY: path.resolve(import.meta.dirname, '../../.cache/runtimes'),
};

/** Starts a platform that ends with the test and waits until every function's state is decided. */
export async function usePlatform(options: PlatformOptions = {}): Promise<Platform> {
  const manifestDir = useDirectory();
  const stateDir = options.stateDirectory ?? useDirectory();
  writeManifests(manifestDir, options.functions ?? []);
  const handle = await startEmbedded(
    {
      directories: [manifestDir],
      host: '127.0.0.1',
      port: 0,
      adminPort: 0,
      stateDirectory: stateDir,
      logLevel: 'error',
      idleSeconds: undefined,
      requiresSignatures: options.requiresSignatures,
      isTerminal: false,
    },
    { ...process.env, ...TEST_SETTINGS, ...options.env },
  );
  onTestFinished(() => handle.destroy());
  const platform = makePlatform(handle, { manifestDir, stateDir });
  for (const { name } of options.functions ?? []) await platform.settled(name);
  return platform;
}

function makePlatform(
  handle: EmbeddedHandle,
  { manifestDir, stateDir }: { readonly manifestDir: string; readonly stateDir: string },
): Platform {
  const call = (resource: string): Promise<Response> =>
    fetch(`${handle.controlUrl}${resource}`, {
      headers: { authorization: `Bearer ${handle.controlToken}` },
    });
  const objectPath = (name: string): string =>
    `/apis/mayfly.dev/v1alpha1/namespaces/default/functions/${name}`;
  const get = async (name: string): Promise<FunctionObject | undefined> => {
    const response = await call(objectPath(name));
    return response.status === 404 ? undefined : ((await response.json()) as FunctionObject);
  };
  return {
    handle,
    gatewayUrl: handle.gatewayUrl,
    stateDir,
    manifestDir,
    get,
    invoke: (name, payload, options) => invoke(handle.gatewayUrl, { name, payload, ...options }),
    url: (name) => `${handle.gatewayUrl}/url/default/${name}/`,
    logs: async (name) => {
      const response = await call(`/api/v1/namespaces/default/functions/${name}/log`);
      const lines = (await response.text()).split('\n').filter((line) => line !== '');
      return lines.map((line) => (JSON.parse(line) as { message: string }).message);
    },
    apply: (...functions) => {
      writeManifests(manifestDir, functions);
    },
    remove: (name) => {
      rmSync(path.join(manifestDir, `${name}.yaml`));
    },
    settled: (name) =>
      eventually(
        async () => {
          const fn = await get(name);
          if (fn?.status?.observedGeneration !== fn?.metadata.generation || fn === undefined) {
            throw new Error(`${name} is not reconciled yet: ${JSON.stringify(fn?.status)}`);
          }
          return fn;
        },
        { timeoutMs: 60_000 },
      ),
  };
}

async function invoke(
  gatewayUrl: string,
  call: InvokeOptions & { readonly name: string; readonly payload?: unknown },
): Promise<InvokeAnswer> {
  const [name = '', qualifier] = call.name.split('@');
  const query = qualifier === undefined ? '' : `?Qualifier=${encodeURIComponent(qualifier)}`;
  const path = `/2015-03-31/functions/${encodeURIComponent(name)}/invocations${query}`;
  const response = await fetch(`${gatewayUrl}${path}`, {
    method: 'POST',
    body: (call.rawBody as string | undefined) ?? JSON.stringify(call.payload ?? {}),
    headers: { ...(call.logTail ? { 'x-amz-log-type': 'Tail' } : {}), ...call.headers },
    signal: call.signal ?? null,
  });
  return toAnswer(response, Buffer.from(await response.arrayBuffer()));
}

function toAnswer(response: Response, raw: Buffer): InvokeAnswer {
  const header = (name: string): string | undefined => response.headers.get(name) ?? undefined;
  const logResult = header('x-amz-log-result');
  return {
    statusCode: response.status,
    payload: toJson(raw),
    raw,
    functionError: header('x-amz-function-error'),
    logTail: logResult && Buffer.from(logResult, 'base64').toString(),
    executedVersion: header('x-amz-executed-version'),
    requestId: header('x-amzn-requestid') ?? '',
    headers: response.headers,
  };
}

function toJson(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString()) as unknown;
  } catch {
    return raw.toString();
  }
}
