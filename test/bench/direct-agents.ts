import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AGENT_PATHS, type ExecutionEnvironmentAddress } from '@mayfly/core';
import { FolderCodeStore } from '@mayfly/code';
import {
  LocalCodeResolver,
  ProcessExecutionEnvironmentDriver,
  RuntimeCatalog,
} from '@mayfly/local';
import { makeLogger, systemClock } from '@mayfly/telemetry';
import { aCreateRequest, aFunction } from '@mayfly/testkit';
import { LoadConnection, runLoad, type LoadTarget } from './http-load.ts';

const DIST = path.resolve(import.meta.dirname, '../../dist');

/** Agents that are called without any gateway: the base line of every comparison. */
export class DirectAgents {
  readonly #driver: ProcessExecutionEnvironmentDriver;
  readonly #code: LocalCodeResolver;
  readonly #stateDir = mkdtempSync(path.join(tmpdir(), 'mayfly-bench-direct-'));
  readonly #ready: (ExecutionEnvironmentAddress & { readonly id: string })[] = [];

  constructor() {
    const stateDir = this.#stateDir;
    const logger = makeLogger({ level: 'error' });
    const searchPath = process.env['PATH'] ?? '';
    this.#code = new LocalCodeResolver({
      codeStore: new FolderCodeStore(path.join(stateDir, 'code')),
      unpackedDir: path.join(stateDir, 'unpacked'),
      baseDir: stateDir,
      clock: systemClock,
    });
    this.#driver = new ProcessExecutionEnvironmentDriver({
      stateDir,
      agentEntry: path.join(DIST, 'agent.cjs'),
      searchPath,
      catalog: new RuntimeCatalog({
        stateDir,
        nodeBootstrapPath: path.join(DIST, 'nodejs-bootstrap.mjs'),
        searchPath,
        logger,
      }),
      ensureUnpacked: (codeSha256) => this.#code.ensureUnpacked(codeSha256),
      logSink: () => undefined,
      clock: systemClock,
      logger,
      spareAgents: 0,
    });
  }

  async start(source: string, count: number): Promise<void> {
    await this.#driver.start();
    const fn = aFunction({ spec: { code: { inline: source } } });
    const code = await this.#code.resolve(fn);
    if (code.kind === 'refused') throw new Error(code.message);
    for (let i = 0; i < count; i += 1) await this.#startOne(`direct-${String(i)}`, code.codeSha256);
  }

  /** Requests to the first `count` agents. */
  targets(count: number, body: string): LoadTarget[] {
    return this.#ready.slice(0, count).map(({ address, token }) => {
      const [host = '', port = ''] = address.split(':');
      const headers = { authorization: `Bearer ${token}`, 'x-amzn-requestid': 'bench' };
      return { host, port: Number(port), path: AGENT_PATHS.invocations, headers, body };
    });
  }

  /** Process id of the first agent. */
  get agentPid(): number {
    const pid = this.#driver.agentPid(this.#ready[0]?.id ?? '');
    if (pid === undefined) throw new Error('no agent runs');
    return pid;
  }

  /** Calls the first agent so many times, one after the other. */
  async callFirst(calls: number): Promise<void> {
    const [target] = this.targets(1, '{}');
    if (target === undefined) throw new Error('no agent runs');
    const connection = await LoadConnection.open(target);
    await runLoad([connection], calls);
    connection.close();
  }

  async close(): Promise<void> {
    await this.#driver.close();
    rmSync(this.#stateDir, { recursive: true, force: true });
  }

  async #startOne(id: string, codeSha256: string): Promise<void> {
    const ready = Promise.withResolvers<undefined>();
    const stop = this.#driver.onAnnouncement((announcement) => {
      if (announcement.executionEnvironmentId !== id) return;
      if (announcement.kind === 'waiting') {
        const { address, token } = announcement;
        this.#ready.push({ id, address, token });
        this.#driver.assign(makeAssignRequest(id, codeSha256)).catch(ready.reject);
      } else if (announcement.kind === 'ready') ready.resolve(undefined);
      else if (announcement.kind === 'gone') ready.reject(new Error(announcement.message));
    });
    await this.#driver.create({ ...aCreateRequest(id), runtime: 'nodejs24.x' });
    await ready.promise;
    stop();
  }
}

function makeAssignRequest(
  executionEnvironmentId: string,
  codeSha256: string,
): Parameters<ProcessExecutionEnvironmentDriver['assign']>[0] {
  const { key, configuration } = aCreateRequest(executionEnvironmentId);
  return {
    executionEnvironmentId,
    key,
    configuration,
    codeSize: 1,
    functionName: 'direct',
    version: '$LATEST',
    region: 'us-east-1',
    accountId: '000000000000',
    runtime: 'nodejs24.x',
    handler: 'index.handler',
    memorySizeMb: 128,
    timeoutMs: 3000,
    initTimeoutMs: 10_000,
    initializationType: 'on-demand',
    environmentVariables: {},
    logFormat: 'Text',
    codeSha256,
  };
}
