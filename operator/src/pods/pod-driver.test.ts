import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isDriverUnavailable, type Announcement } from '@mayfly/core';
import { KubeError, KubeUnreachableError } from '@mayfly/kube';
import type { PodManifest } from '@mayfly/manifests';
import { makeLogger } from '@mayfly/telemetry';
import { aCreateRequest, FakeClock } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import { isAgentAuthorised, makeAgentToken, type PodRef } from './agent-token.ts';
import { PodExecutionEnvironmentDriver, type PodDriverDeps } from './pod-driver.ts';
import type { PodObject } from './pod-ports.ts';

const ID = '3f2a91c07b554e0d8f6a2b1c9d8e7f60';
const KEY = Buffer.from('key');
const HOST = '10.0.0.1';

async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
}

/** A driver on an API server that does as it is told. */
class FakeCluster {
  readonly clock = new FakeClock();
  readonly created: PodManifest[] = [];
  readonly deleted: number[] = [];
  readonly pods = new Map<string, PodObject>();
  readonly announced: Announcement[] = [];
  createError: Error | undefined;
  deleteErrors = 0;
  listed: readonly PodObject[] = [];
  readonly driver: PodExecutionEnvironmentDriver;
  #tell: (ref: PodRef, pod: PodObject | undefined) => void = () => undefined;

  constructor(overrides: Partial<PodDriverDeps> = {}) {
    this.driver = new PodExecutionEnvironmentDriver({
      client: {
        create: (pod) => {
          this.created.push(pod);
          return this.createError === undefined
            ? Promise.resolve()
            : Promise.reject(this.createError);
        },
        delete: (_ref, { gracePeriodSeconds }) => {
          this.deleted.push(gracePeriodSeconds);
          this.deleteErrors -= 1;
          return this.deleteErrors >= 0 ? Promise.reject(new Error('down')) : Promise.resolve();
        },
        list: () => Promise.resolve(this.listed),
        patchMetadata: () => Promise.resolve(),
        resize: () => Promise.resolve(),
      },
      watch: {
        get: (namespace, name) => this.pods.get(`${namespace}/${name}`),
        onChange: (listener) => {
          this.#tell = listener;
          return () => undefined;
        },
      },
      references: {
        readSecret: () => Promise.resolve(undefined),
        readConfigMap: () => Promise.resolve(undefined),
      },
      code: { locate: () => Promise.resolve({ kind: 'inline', archiveBase64: 'eA==' }) },
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
    const pod = status === undefined ? undefined : { metadata, status };
    const podKey = `${this.ref.namespace}/${this.ref.name}`;
    if (pod === undefined) this.pods.delete(podKey);
    else this.pods.set(podKey, pod);
    this.#tell(this.ref, pod);
  }

  wait(host = HOST, port = 8080): string {
    const announcement = { kind: 'waiting', executionEnvironmentId: ID, port } as const;
    return this.driver.take({ ref: this.ref, host, announcement });
  }
}

describe('the pod driver', () => {
  it('announces what announces itself, once, from its own address only', async ({ expect }) => {
    const cluster = new FakeCluster();
    expect(cluster.wait()).toBe('later');
    await cluster.open();
    expect(cluster.wait('10.6.6.6')).toBe('unwanted');
    expect([cluster.wait(), cluster.wait()]).toEqual(['taken', 'taken']);
    expect(cluster.announced).toEqual([
      {
        kind: 'waiting',
        executionEnvironmentId: ID,
        address: '10.0.0.1:8080',
        token: makeAgentToken(KEY, cluster.ref),
      },
    ]);
  });

  it.for([
    [
      { phase: 'Failed', reason: 'Evicted', message: 'The node was low on memory.' },
      'Evicted',
      'low on memory',
    ],
    [waiting('ErrImagePull', 'not found: provided:1'), 'ImagePullFailed', 'provided:1'],
    [waiting('CreateContainerConfigError', 'no secret'), 'ContainerFailed', 'no secret'],
    [
      {
        conditions: [
          { type: 'DisruptionTarget', status: 'True', reason: 'DeletionByTaintManager' },
        ],
      },
      'NodeLost',
      'does not answer',
    ],
  ] as const)('names the cause of an end: %j', async ([status, reason, text], { expect }) => {
    const cluster = new FakeCluster();
    await cluster.open();
    cluster.say(status);
    expect(cluster.announced).toMatchObject([{ kind: 'gone', reason }]);
    expect(JSON.stringify(cluster.announced)).toContain(text);
    expect(cluster.deleted).toEqual([5]);
  });

  it('gives up one that no node has room for, in time', async ({ expect }) => {
    const cluster = new FakeCluster();
    await cluster.open();
    const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable' };
    cluster.say({ conditions: [{ ...condition, message: '0/1 nodes are available' }] });
    cluster.clock.step(9_999);
    expect(cluster.announced).toEqual([]);
    cluster.clock.step(1);
    expect(cluster.announced).toMatchObject([{ kind: 'gone', reason: 'OutOfCapacity' }]);
  });

  it('says in the words of the API server why a pod cannot be', async ({ expect }) => {
    const cluster = new FakeCluster();
    await cluster.driver.find();
    cluster.createError = Object.assign(new Error('exceeded quota: small'), { status: 403 });
    await expect(cluster.driver.create(aCreateRequest(ID))).rejects.toThrow('exceeded quota');
    expect(cluster.deleted).toEqual([]);
    // Without an answer there may be a pod all the same.
    cluster.createError = new KubeUnreachableError('no answer');
    await expect(cluster.driver.create(aCreateRequest(ID))).rejects.toThrow('no answer');
    expect(cluster.deleted).toEqual([5]);
  });

  it('says of an API server that is busy or does not answer that it is only now', async ({
    expect,
  }) => {
    const cluster = new FakeCluster();
    await cluster.driver.find();
    const outcomes: boolean[] = [];
    for (const error of [
      new KubeUnreachableError('no answer'),
      new KubeError(429, 'TooManyRequests', 'later'),
      new KubeError(503, '', 'down'),
      new KubeError(403, 'Forbidden', 'exceeded quota'),
    ]) {
      cluster.createError = error;
      const refusal: unknown = await cluster.driver
        .create(aCreateRequest(ID))
        .catch((error_: unknown) => error_);
      outcomes.push(isDriverUnavailable(refusal));
    }
    expect(outcomes).toEqual([true, true, true, false]);
  });

  it('makes new ones elsewhere when a node is lost, and gives up those that start there', async ({
    expect,
  }) => {
    const cluster = new FakeCluster();
    await cluster.open();
    cluster.pods.set(`default/${cluster.ref.name}`, { spec: { nodeName: 'n1' } });
    cluster.wait();
    const starting = 'b'.repeat(32);
    await cluster.driver.create(aCreateRequest(starting));
    cluster.pods.set(`default/${cluster.ref.name}`, { spec: { nodeName: 'n1' } });
    const elsewhere = 'c'.repeat(32);
    await cluster.driver.create(aCreateRequest(elsewhere));
    cluster.pods.set(`default/${cluster.ref.name}`, { spec: { nodeName: 'n2' } });

    cluster.driver.noteLost(ID);
    expect(cluster.announced.slice(1)).toMatchObject([
      { kind: 'gone', executionEnvironmentId: starting, reason: 'NodeLost' },
    ]);
    await cluster.driver.create(aCreateRequest('d'.repeat(32)));
    expect(cluster.created.at(-1)?.spec['affinity']).toEqual({
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 100,
            preference: {
              matchFields: [{ key: 'metadata.name', operator: 'NotIn', values: ['n1'] }],
            },
          },
        ],
      },
    });
    cluster.clock.step(60_000);
    await cluster.driver.create(aCreateRequest('e'.repeat(32)));
    expect(cluster.created.at(-1)?.spec['affinity']).toBeUndefined();
  });

  it('hears of the address of one that was found before it had one', async ({ expect }) => {
    const cluster = new FakeCluster();
    const { created } = cluster;
    await cluster.driver.find();
    await cluster.driver.create(aCreateRequest(ID));
    const [pod] = created;
    if (pod === undefined) throw new Error('no pod was created');
    const next = new FakeCluster();
    next.created.push(pod);
    next.listed = [{ metadata: pod.metadata }];
    await next.driver.find();
    expect(await next.driver.probe(ID)).toMatchObject({ message: 'its pod has no address yet' });
    next.say({ podIP: '127.0.0.1' });
    expect(await next.driver.probe(ID)).toMatchObject({
      message: expect.stringContaining('does not answer'),
    });
  });

  it('deletes until the pod has gone, at last without grace', async ({ expect }) => {
    const cluster = new FakeCluster();
    await cluster.open();
    cluster.deleteErrors = 2;
    let isDestroyed = false;
    const destroying = cluster.driver.destroy(ID).then(() => {
      isDestroyed = true;
    });
    for (let step = 0; step < 10; step += 1) {
      await settle();
      cluster.clock.step(5_000);
    }
    await settle();
    expect(cluster.deleted.slice(0, 4)).toEqual([5, 5, 5, 0]);
    expect(isDestroyed).toBe(false);
    cluster.say(undefined);
    await destroying;
    expect(cluster.announced).toMatchObject([{ kind: 'gone', message: 'The pod was deleted.' }]);
  });

  it('finds what was left, and leaves what has no marks alone', async ({ expect }) => {
    const before = new FakeCluster();
    await before.open();
    const [made] = before.created;
    const cluster = new FakeCluster();
    const metadata = { ...made?.metadata, creationTimestamp: '2026-01-01T00:00:00Z' };
    cluster.listed = [{ metadata, status: { podIP: HOST } }, { metadata: { name: 'other' } }];
    expect(await cluster.driver.find()).toEqual([
      {
        executionEnvironmentId: ID,
        key: { namespace: 'default', functionName: 'fixture', revision: 'r1' },
        createdMs: Date.UTC(2026, 0, 1),
      },
    ]);
  });

  it('takes a spare pod that waits and makes another', async ({ expect }) => {
    const pool = { namespace: 'default', runtime: 'provided.al2023', memorySize: 128, size: 1 };
    let made = 0;
    const makeId = (): string => (made += 1).toString().padStart(32, 'a');
    const cluster = new FakeCluster({ pools: [pool], makeId });
    await cluster.driver.find();
    expect(cluster.created).toHaveLength(1);
    expect(cluster.wait()).toBe('taken');
    await cluster.driver.create(aCreateRequest(ID));
    cluster.clock.step(0);
    expect(cluster.announced).toMatchObject([{ kind: 'waiting', executionEnvironmentId: ID }]);
    expect(cluster.created.map(({ metadata }) => metadata.name.slice(0, 12))).toEqual([
      'mayfly-spare',
      'mayfly-spare',
    ]);
  });

  it('says which runtimes there are', async ({ expect }) => {
    expect(await new FakeCluster().driver.supports('cobol85')).toEqual({
      kind: 'unavailable',
      reason: 'RuntimeNotAvailable',
      message: 'There is no image of the runtime cobol85. There are: provided.al2023.',
    });
  });

  it('assigns to the agent that has announced itself', async ({ expect }) => {
    const bodies: unknown[] = [];
    const agent = createServer((request, response) => {
      request.on('data', (chunk: Buffer) => bodies.push(JSON.parse(chunk.toString())));
      request.on('end', () => response.writeHead(202).end('{}'));
    });
    await new Promise<void>((resolve) => agent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void agent.close());
    const cluster = new FakeCluster();
    await cluster.driver.find();
    await cluster.driver.create(aCreateRequest(ID));
    cluster.wait('127.0.0.1', (agent.address() as AddressInfo).port);
    const { key, configuration, runtime } = aCreateRequest(ID);
    await cluster.driver.assign({
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
    });
    expect(bodies).toMatchObject([
      { command: ['/var/task/bootstrap'], code: { codeSha256: 'sha' }, executionEnvironmentId: ID },
    ]);
  });
});

describe('the token of an agent', () => {
  it('is that of its pod only', ({ expect }) => {
    const ref = { namespace: 'a', name: 'b' };
    const header = `Bearer ${makeAgentToken(KEY, ref)}`;
    expect(isAgentAuthorised(header, KEY, ref)).toBe(true);
    expect(isAgentAuthorised(header, KEY, { ...ref, name: 'c' })).toBe(false);
    expect(isAgentAuthorised(undefined, KEY, ref)).toBe(false);
  });
});

function waiting(reason: string, message: string): PodObject['status'] {
  return { containerStatuses: [{ name: 'function', state: { waiting: { reason, message } } }] };
}
