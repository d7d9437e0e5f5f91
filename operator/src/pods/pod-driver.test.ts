import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { isDriverUnavailable } from '@mayfly/core';
import { KubeError, KubeUnreachableError } from '@mayfly/kube';
import { aCreateRequest } from '@mayfly/testkit';
import { describe, it, onTestFinished, vi } from 'vitest';
import { isAgentAuthorised, makeAgentToken } from './agent-token.ts';
import type { PodObject } from './pod-ports.ts';
import {
  anAssignRequest,
  FakeAgent,
  FakeCluster,
  HOST,
  ID,
  KEY,
  settle,
} from './testing/fake-cluster.ts';

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

  it('believes an address that the pod shows, or else one that speaks for itself', async ({
    expect,
  }) => {
    const cluster = new FakeCluster();
    await cluster.driver.find();
    await cluster.driver.create(aCreateRequest(ID));
    // By way of another address: it may be somebody else's.
    expect(cluster.wait(HOST, { sender: '10.6.6.6' })).toBe('later');
    cluster.say({});
    expect([cluster.wait(HOST, { sender: '10.6.6.6' }), cluster.announced]).toEqual(['later', []]);
    expect(cluster.wait()).toBe('taken');
    expect(cluster.announced).toMatchObject([{ kind: 'waiting', address: '10.0.0.1:8080' }]);
    cluster.say({ podIP: HOST });
    expect(cluster.wait(HOST, { sender: '10.6.6.6' })).toBe('taken');
    expect(cluster.wait('10.6.6.6')).toBe('unwanted');
    expect(cluster.announced).toHaveLength(1);
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

  it('says that there is no room as soon as the scheduler does, when room would help', async ({
    expect,
  }) => {
    for (const [message, announced] of [
      ['0/1 nodes are available: 1 Insufficient memory.', [{ kind: 'no-room' }]],
      ["0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.", []],
    ] as const) {
      const cluster = new FakeCluster();
      await cluster.open();
      const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable' };
      cluster.say({ conditions: [{ ...condition, message }] });
      cluster.say({ conditions: [{ ...condition, message }] });
      expect(cluster.announced).toMatchObject(announced);
      expect(cluster.announced).toHaveLength(announced.length);
    }
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

  it('gives up one that is sent to a lost node because it was made before that was known', async ({
    expect,
  }) => {
    const cluster = new FakeCluster();
    await cluster.open();
    cluster.pods.set(`default/${cluster.ref.name}`, { spec: { nodeName: 'n1' } });
    cluster.wait();
    const early = 'b'.repeat(32);
    await cluster.driver.create(aCreateRequest(early));
    const { ref } = cluster;
    cluster.driver.noteLost(ID);
    cluster.clock.step(1);
    const knowing = 'c'.repeat(32);
    await cluster.driver.create(aCreateRequest(knowing));
    cluster.show(cluster.ref, { spec: { nodeName: 'n1' } });
    expect(cluster.announced.slice(1)).toEqual([]);
    cluster.show(ref, { spec: { nodeName: 'n1' } });
    expect(cluster.announced.slice(1)).toMatchObject([
      { kind: 'gone', executionEnvironmentId: early, reason: 'NodeLost', isTemporary: true },
    ]);
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
        isProvisioned: false,
        createdMs: Date.UTC(2026, 0, 1),
      },
    ]);
  });

  it('says which runtimes there are', async ({ expect }) => {
    expect(await new FakeCluster().driver.supports('cobol85')).toEqual({
      kind: 'unavailable',
      reason: 'UnknownRuntime',
      message: 'There is no runtime cobol85. There are images of: provided.al2023.',
    });
  });

  it('assigns to the agent that has announced itself', async ({ expect }) => {
    const agent = await FakeAgent.start();
    const cluster = new FakeCluster();
    await cluster.open();
    cluster.say({ podIP: '127.0.0.1' });
    cluster.wait('127.0.0.1', { port: agent.port });
    const assigned = await cluster.driver.assign(anAssignRequest());
    // Its container may still be being made.
    expect(assigned).toEqual({ holdsInvocations: false });
    expect(agent.assigned).toMatchObject([
      { command: ['/var/task/bootstrap'], code: { codeSha256: 'sha' }, executionEnvironmentId: ID },
    ]);
    // Until it is ready nobody knows whether its container will ever start.
    cluster.pods.set(`default/${cluster.ref.name}`, { spec: { nodeName: 'n1' } });
    cluster.driver.noteLost(ID);
    expect(cluster.announced.at(-1)).toMatchObject({ kind: 'gone', reason: 'NodeLost' });
  });
});

const IMAGE = {
  uri: 'registry.test/app@sha256:1',
  entryPoint: ['/run'],
  command: ['app.handler'],
  workingDirectory: '/app',
  pullSecrets: [],
};

describe('an image function', () => {
  const { runtime: _runtime, ...imageOnly } = aCreateRequest(ID);

  it('is told what to run, and unpacks nothing', async ({ expect }) => {
    const agent = await FakeAgent.start();
    const cluster = new FakeCluster();
    await cluster.driver.find();
    await cluster.driver.create({ ...imageOnly, image: IMAGE });
    cluster.say({ podIP: '127.0.0.1' });
    cluster.wait('127.0.0.1', { port: agent.port });
    await cluster.driver.assign({ ...anAssignRequest(), image: IMAGE });
    expect(agent.assigned).toMatchObject([
      { command: ['/run', 'app.handler'], workingDirectory: '/app' },
    ]);
    expect(agent.assigned[0]).not.toHaveProperty('code');
  });

  it('waits until its own emulator listens, where it has no agent', async ({ expect }) => {
    const emulator = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => {
      emulator.close();
    });
    await once(emulator, 'listening');
    const { port } = emulator.address() as AddressInfo;
    const cluster = new FakeCluster({ agentPort: port });
    await cluster.driver.find();
    const assignment = anAssignRequest();
    await cluster.driver.create({ ...imageOnly, image: IMAGE, assignment });
    expect(cluster.created[0]?.spec['containers']).toMatchObject([
      { name: 'function', env: expect.arrayContaining([{ name: 'A', value: '1' }]) },
    ]);
    cluster.say({ podIP: '127.0.0.1' });
    cluster.say({ podIP: '127.0.0.1' });
    const address = `127.0.0.1:${port.toString()}`;
    await vi.waitFor(() => {
      expect(cluster.announced).toMatchObject([{ kind: 'waiting', address }]);
    });
    await cluster.driver.assign({ ...assignment, image: IMAGE });
    cluster.clock.step(1);
    expect(cluster.announced.at(-1)).toMatchObject({ kind: 'ready', initOutcome: 'success' });
    expect(await cluster.driver.probe(ID)).toMatchObject({ kind: 'idle', address });
    emulator.close();
    expect(await cluster.driver.probe(ID)).toMatchObject({ kind: 'unusable' });
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
