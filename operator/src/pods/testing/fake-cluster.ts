import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Announcement, AssignRequest } from '@mayfly/core';
import type { PodManifest } from '@mayfly/manifests';
import { makeLogger } from '@mayfly/telemetry';
import { aCreateRequest, FakeClock } from '@mayfly/testkit';
import { onTestFinished } from 'vitest';
import type { PodRef } from '../agent-token.ts';
import { PodExecutionEnvironmentDriver, type PodDriverDeps } from '../pod-driver.ts';
import type { MetadataPatch, PodObject } from '../pod-ports.ts';

export const ID = '3f2a91c07b554e0d8f6a2b1c9d8e7f60';
export const KEY = Buffer.from('key');
export const HOST = '10.0.0.1';

/** Lets everything happen that needs no time. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
}

/** Of what `aCreateRequest` makes. */
export function anAssignRequest(): AssignRequest {
  const { key, configuration, runtime } = aCreateRequest(ID);
  return {
    executionEnvironmentId: ID,
    key,
    configuration,
    runtime,
    functionName: 'fixture',
    version: '$LATEST',
    region: 'r',
    accountId: '0',
    handler: 'h',
    memorySizeMb: 128,
    timeoutMs: 3000,
    initTimeoutMs: 10_000,
    initializationType: 'on-demand',
    environmentVariables: { A: '1' },
    logFormat: 'Text',
    codeSha256: 'sha',
    codeSize: 1,
  };
}

/** What the container of a function was to have. */
interface Resized {
  readonly name: string;
  readonly cpu?: string;
  readonly memory?: string;
}

/** A driver on an API server that does as it is told. */
export class FakeCluster {
  readonly clock = new FakeClock();
  readonly created: PodManifest[] = [];
  readonly deleted: number[] = [];
  readonly pods = new Map<string, PodObject>();
  readonly announced: Announcement[] = [];
  createError: Error | undefined;
  deleteErrors = 0;
  readonly patched: MetadataPatch[] = [];
  readonly patchErrors: Error[] = [];
  readonly deletedNames: string[] = [];
  listed: readonly PodObject[] = [];
  readonly driver: PodExecutionEnvironmentDriver;
  readonly resized: Resized[] = [];
  readonly resizeErrors: Error[] = [];
  canResize: boolean | Error = true;
  readonly #listeners = new Set<(ref: PodRef, pod: PodObject | undefined) => void>();

  constructor(overrides: Partial<PodDriverDeps> = {}) {
    this.driver = new PodExecutionEnvironmentDriver({
      client: {
        create: (pod) => {
          this.created.push(pod);
          return this.createError === undefined
            ? Promise.resolve()
            : Promise.reject(this.createError);
        },
        delete: (ref, { gracePeriodSeconds }) => {
          this.deletedNames.push(ref.name);
          this.deleted.push(gracePeriodSeconds);
          this.deleteErrors -= 1;
          return this.deleteErrors >= 0 ? Promise.reject(new Error('down')) : Promise.resolve();
        },
        list: () => Promise.resolve(this.listed),
        patchMetadata: (_ref, patch) => {
          const error = this.patchErrors.shift();
          if (error !== undefined) return Promise.reject(error);
          this.patched.push(patch);
          return Promise.resolve();
        },
        canResize: () =>
          this.canResize instanceof Error
            ? Promise.reject(this.canResize)
            : Promise.resolve(this.canResize),
        resize: (ref, { resources }) => {
          this.resized.push({ name: ref.name, ...resources.limits });
          const error = this.resizeErrors.shift();
          return error === undefined ? Promise.resolve() : Promise.reject(error);
        },
      },
      watch: {
        get: (namespace, name) => this.pods.get(`${namespace}/${name}`),
        onChange: (listener) => {
          this.#listeners.add(listener);
          return () => void this.#listeners.delete(listener);
        },
      },
      references: {
        readSecret: () => Promise.resolve(undefined),
        readConfigMap: () => Promise.resolve(undefined),
      },
      code: { locate: () => Promise.resolve({ kind: 'attached', archive: Buffer.from('x') }) },
      settings: {
        agentImage: 'agent:1',
        imagePullPolicy: 'Never',
        imagePullSecrets: [],
        runtimeImages: { 'provided.al2023': 'provided:1' },
        cpuRequestRatio: 0.1,
        announceUrl: 'http://leader:8081/announcements',
      },
      clusterKey: KEY,
      pools: [],
      makeId: () => 'f'.repeat(32),
      clock: this.clock,
      logger: makeLogger({ level: 'silent' }),
      ...overrides,
    });
    this.driver.onAnnouncement((announcement) => this.announced.push(announcement));
  }

  get ref(): PodRef {
    return { namespace: 'default', name: this.created.at(-1)?.metadata.name ?? '' };
  }

  async open(): Promise<void> {
    await this.driver.find();
    await this.driver.create(aCreateRequest(ID));
    this.say({ podIP: HOST });
  }

  say(status: PodObject['status'] | undefined, metadata: PodObject['metadata'] = {}): void {
    this.show(this.ref, status === undefined ? undefined : { metadata, status });
  }

  /** The watch shows a pod. */
  show(ref: PodRef, pod: PodObject | undefined): void {
    const podKey = `${ref.namespace}/${ref.name}`;
    if (pod === undefined) this.pods.delete(podKey);
    else this.pods.set(podKey, pod);
    for (const listener of [...this.#listeners]) listener(ref, pod);
  }

  wait(host = HOST, { port = 8080, sender = host } = {}): string {
    const announcement = { kind: 'waiting', executionEnvironmentId: ID, port } as const;
    return this.driver.take({ ref: this.ref, host, sender, announcement });
  }
}

/** An agent that says how it is and keeps what it is assigned. */
export class FakeAgent {
  state: string | undefined = 'waiting';
  asked = 0;
  readonly assigned: unknown[] = [];
  port = 0;

  /** Undefined: it does not answer. */
  static async start(state: string | undefined = 'waiting'): Promise<FakeAgent> {
    const agent = new FakeAgent();
    agent.state = state;
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        agent.asked += 1;
        if (request.method === 'POST') {
          // What comes along is behind the first line.
          agent.assigned.push(JSON.parse(body.split('\n', 1)[0] ?? ''));
          response.writeHead(202).end('{}');
        } else if (agent.state === undefined) response.destroy();
        else response.end(JSON.stringify({ state: agent.state }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    agent.port = (server.address() as AddressInfo).port;
    return agent;
  }
}
