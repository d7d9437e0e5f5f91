import type { PoolName } from '@mayfly/core';
import { aCreateRequest } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import type { PodDriverDeps } from './pod-driver.ts';
import type { PodObject } from './pod-ports.ts';
import { FakeAgent, FakeCluster, HOST, ID, settle } from './testing/fake-cluster.ts';

const POOL = { namespace: 'default', runtime: 'provided.al2023', memorySize: 128, size: 3 };
const anUnschedulable = (why: string): NonNullable<PodObject['status']> => ({
  conditions: [
    {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message: `0/1 nodes are available: 1 ${why}.`,
    },
  ],
});
const FULL = anUnschedulable('Insufficient memory');

function aCluster(overrides: Partial<PodDriverDeps> = {}): FakeCluster {
  let made = 0;
  const makeId = (): string => (made += 1).toString().padStart(12, '0').padEnd(32, 'a');
  return new FakeCluster({ pools: [POOL], makeId, ...overrides });
}

function spares({ created, deletedNames }: FakeCluster): readonly string[] {
  const names = created.map(({ metadata }) => metadata.name);
  return names.filter((name) => name.startsWith('mayfly-spare') && !deletedNames.includes(name));
}

/** A pod on a node, as the watch shows it. */
function aPod(nodeName: string | undefined, memory = '128Mi'): PodObject {
  return {
    metadata: {},
    spec: { nodeName, containers: [{ name: 'function', resources: { limits: { memory } } }] },
    status: nodeName === undefined ? FULL : { phase: 'Running', podIP: HOST },
  };
}

describe('refilling pools', () => {
  it('makes no more than so many in a second', async ({ expect }) => {
    const cluster = aCluster({ poolRefillPerSecond: 2 });
    await cluster.driver.find();
    expect(spares(cluster)).toHaveLength(1);
    cluster.clock.step(499);
    expect(spares(cluster)).toHaveLength(1);
    cluster.clock.step(1);
    expect(spares(cluster)).toHaveLength(2);
    cluster.clock.step(60_000);
    expect(spares(cluster)).toHaveLength(3);
  });

  it('rests while a function starts that somebody waits for', async ({ expect }) => {
    const cluster = aCluster();
    await cluster.driver.find();
    await cluster.driver.create(aCreateRequest(ID));
    cluster.clock.step(5_000);
    expect(spares(cluster)).toHaveLength(1);
    cluster.say({ podIP: HOST });
    cluster.wait();
    const said = { kind: 'ready', initDurationMs: 1, initOutcome: 'success' } as const;
    const announcement = { ...said, executionEnvironmentId: ID };
    cluster.driver.take({ ref: cluster.ref, host: HOST, sender: HOST, announcement });
    cluster.clock.step(250);
    expect(spares(cluster)).toHaveLength(2);
  });

  it('does not wait for a start that hangs', async ({ expect }) => {
    const cluster = aCluster();
    await cluster.driver.find();
    await cluster.driver.create(aCreateRequest(ID));
    cluster.clock.step(9_999);
    expect(spares(cluster)).toHaveLength(1);
    cluster.clock.step(250);
    expect(spares(cluster)).toHaveLength(2);
  });

  it('goes on while a function asks for a node that there is not', async ({ expect }) => {
    const cluster = aCluster();
    await cluster.driver.find();
    await cluster.driver.create(aCreateRequest(ID));
    const status = anUnschedulable("node(s) didn't match Pod's node affinity/selector");
    cluster.show(cluster.ref, { ...aPod(undefined), status });
    cluster.clock.step(10_250);
    expect(spares(cluster)).toHaveLength(2);
  });

  it('counts what waits', async ({ expect }) => {
    const counted: [PoolName, { wanted: number; ready: number }][] = [];
    const cluster = aCluster({
      poolObserver: {
        hit: () => undefined,
        miss: () => undefined,
        count: (...args) => counted.push(args),
      },
    });
    await cluster.driver.find();
    cluster.say({ podIP: HOST });
    cluster.wait();
    const pool = { namespace: 'default', runtime: 'provided.al2023', memorySizeMb: 128 };
    expect(counted[0]).toEqual([pool, { wanted: 3, ready: 0 }]);
    expect(counted.at(-1)?.[1]).toEqual({ wanted: 3, ready: 1 });
    await cluster.driver.create(aCreateRequest(ID));
    expect(counted.at(-1)?.[1]).toEqual({ wanted: 3, ready: 0 });
  });
});

describe('on nodes that are full', () => {
  it('spare pods that wait for room give way, and none is made', async ({ expect }) => {
    const cluster = aCluster({ pools: [{ ...POOL, size: 1 }] });
    await cluster.driver.find();
    cluster.show(cluster.ref, aPod(undefined));
    await cluster.driver.create(aCreateRequest(ID));
    cluster.show(cluster.ref, aPod(undefined));
    expect(spares(cluster)).toEqual([]);
    // Their going may be enough.
    expect(cluster.announced).toEqual([]);
    cluster.clock.step(3_000);
    expect(cluster.announced.map(({ kind }) => kind)).toEqual(['no-room']);
    cluster.clock.step(7_000);
    expect(cluster.announced.at(-1)).toMatchObject({ kind: 'gone', reason: 'OutOfCapacity' });
    cluster.clock.step(29_000);
    expect(spares(cluster)).toEqual([]);
    cluster.clock.step(2_000);
    expect(spares(cluster)).toHaveLength(1);
  });

  it('one that has room gives it where that is enough', async ({ expect }) => {
    const cluster = aCluster({ pools: [{ ...POOL, size: 1 }] });
    await cluster.driver.find();
    cluster.show(cluster.ref, aPod('node1'));
    const [spare = ''] = spares(cluster);
    // It has not announced itself: nothing takes it.
    await cluster.driver.create(aCreateRequest(ID));
    cluster.show(cluster.ref, aPod(undefined, '512Mi'));
    expect(spares(cluster)).toEqual([spare]);
    expect(cluster.announced.map(({ kind }) => kind)).toEqual(['no-room']);
    cluster.show(cluster.ref, aPod('node2'));
    cluster.show(cluster.ref, aPod(undefined));
    expect(cluster.deletedNames).toEqual([spare]);
  });
});

describe('a spare pod of a former operator', () => {
  it('is not kept when it was given another size', async ({ expect }) => {
    const agent = await FakeAgent.start();
    const makeId = (): string => 'f'.repeat(32);
    const former = aCluster({ makeId });
    await former.driver.find();
    const metadata = former.created[0]?.metadata ?? {};
    const cluster = aCluster({ agentPort: agent.port, pools: [{ ...POOL, size: 1 }] });
    const pod = aPod('node1', '256Mi');
    cluster.listed = [{ ...pod, metadata, status: { ...pod.status, podIP: '127.0.0.1' } }];
    await cluster.driver.find();
    await settle();
    expect(cluster.deletedNames).toHaveLength(1);
    expect(spares(cluster)).toHaveLength(1);
  });
});
