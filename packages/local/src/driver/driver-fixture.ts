import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { FolderCodeStore } from '@mayfly/code';
import type { AssignRequest, Clock, LogRecord } from '@mayfly/core';
import { aFunction } from '@mayfly/testkit';
import { LocalCodeResolver } from '../code/local-code-resolver.ts';
import type { LocalLogger } from '../local-logger.ts';
import { RuntimeCatalog } from '../runtimes/runtime-catalog.ts';
import {
  ProcessExecutionEnvironmentDriver,
  type ProcessDriverOptions,
} from './process-execution-environment-driver.ts';
import { scanProcesses } from './process-scan.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const AGENT_ENTRY = path.join(ROOT, 'runtime-images/agent/src/main.ts');
const NODE_BOOTSTRAP = path.join(ROOT, 'packages/local/src/runtimes/nodejs/bootstrap.ts');
/** PATH of tests: that of a plain machine. */
export const SEARCH_PATH = '/usr/local/bin:/usr/bin:/bin';

const silent = (): void => undefined;
/** Says nothing. */
export const silentLogger: LocalLogger = {
  debug: silent,
  info: silent,
  warn: silent,
  error: silent,
};

/** The machine's clock. */
export const realClock: Clock = {
  now: () => Date.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs).unref();
    return {
      cancel: () => {
        clearTimeout(timer);
      },
    };
  },
  every: (periodMs, callback) => {
    const timer = setInterval(callback, periodMs).unref();
    return {
      cancel: () => {
        clearInterval(timer);
      },
    };
  },
};

/** A driver on a state directory with everything that it needs, started. */
export interface LocalWorld {
  readonly driver: ProcessExecutionEnvironmentDriver;
  readonly resolver: LocalCodeResolver;
  readonly logs: LogRecord[];
  /** Stores the code and says how to run it. */
  anAssignment(id: string, code: FunctionCode): Promise<AssignRequest>;
}

/** Code and how to run it. */
export interface FunctionCode {
  readonly runtime: string;
  readonly handler?: string;
  readonly inline?: string;
  readonly folder?: string;
  readonly environmentVariables?: Readonly<Record<string, string>>;
}

/** Builds and starts a driver on the state directory. */
export async function startLocalWorld(
  stateDir: string,
  overrides: Partial<ProcessDriverOptions> = {},
): Promise<LocalWorld> {
  const logs: LogRecord[] = [];
  const resolver = new LocalCodeResolver({
    codeStore: new FolderCodeStore(path.join(stateDir, 'code')),
    unpackedDir: path.join(stateDir, 'unpacked'),
    baseDir: stateDir,
    clock: realClock,
  });
  const driver = new ProcessExecutionEnvironmentDriver({
    stateDir,
    agentEntry: AGENT_ENTRY,
    searchPath: SEARCH_PATH,
    catalog: new RuntimeCatalog({
      stateDir,
      nodeBootstrapPath: NODE_BOOTSTRAP,
      searchPath: SEARCH_PATH,
      logger: silentLogger,
    }),
    ensureUnpacked: (codeSha256, signal) => resolver.ensureUnpacked(codeSha256, signal),
    logSink: (records) => {
      logs.push(...records);
    },
    clock: realClock,
    logger: silentLogger,
    spareAgents: 0,
    ...overrides,
  });
  await driver.start();
  return {
    driver,
    resolver,
    logs,
    anAssignment: (id, code) => makeAssignment(resolver, id, code),
  };
}

async function makeAssignment(
  resolver: LocalCodeResolver,
  executionEnvironmentId: string,
  code: FunctionCode,
): Promise<AssignRequest> {
  const { runtime, handler = 'index.handler', inline, folder } = code;
  const source = folder === undefined ? { inline } : { zip: { path: folder } };
  const { spec } = aFunction({ spec: { runtime, handler, code: source } });
  const resolution = await resolver.resolve({ spec });
  if (resolution.kind === 'refused') throw new Error(resolution.message);
  return {
    executionEnvironmentId,
    key: { namespace: 'default', functionName: 'fixture', revision: 'r1' },
    configuration: spec,
    functionName: 'fixture',
    version: '$LATEST',
    region: 'eu-central-1',
    accountId: '000000000000',
    runtime,
    handler,
    memorySizeMb: 256,
    timeoutMs: 10_000,
    initTimeoutMs: 10_000,
    initializationType: 'on-demand',
    environmentVariables: code.environmentVariables ?? {},
    logFormat: 'Text',
    codeSha256: resolution.codeSha256,
    codeSize: resolution.codeSize,
  };
}

/** Echoes its payload; FAIL_INIT=1 makes its init fail. Needs sh and curl. */
export const SHELL_ECHO = `#!/bin/sh
if [ "$FAIL_INIT" = 1 ]; then exit 3; fi
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"
headers="$TMPDIR/headers"
eval "$INIT_COMMAND"
while :; do
  payload=$(curl -sS -D "$headers" "$api/next") || exit 1
  id=$(tr -d '\\r' < "$headers" | sed -n 's/^[Ll]ambda-[Rr]untime-[Aa]ws-[Rr]equest-[Ii]d: //p')
  curl -sS -o /dev/null -X POST "$api/$id/response" -d "$payload"
done
`;

/** Processes whose execution environment's id begins so. */
export async function findProcesses(idPrefix: string): Promise<number[]> {
  const all = await scanProcesses();
  return all.filter(({ marker }) => marker?.startsWith(idPrefix) === true).map(({ pid }) => pid);
}

/** Whether a program is there. */
export function hasProgram(program: string, ...args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
