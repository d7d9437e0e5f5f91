import { KubeError, KubeUnreachableError } from '@mayfly/kube';
import { makePoolId } from '@mayfly/manifests';
import { aCreateRequest, eventually } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import type { PodDriverDeps } from './pod-driver.ts';
import type { PodObject } from './pod-ports.ts';
import { makePodSeal } from './pod-seal.ts';
import {
  anAssignRequest,
  FakeAgent,
  FakeCluster,
  HOST,
  ID,
  KEY,
  settle,
} from './testing/fake-cluster.ts';

const POOL = { namespace: 'default', runtime: 'provided.al2023', memorySize: 128, size: 1 };
const AGENT_HOST = '127.0.0.1';
const ANNOUNCE_MS = 5 * 60_000;

function aClusterWithPool(overrides: Partial<PodDriverDeps> = {}): FakeCluster {
  let made = 0;
  const makeId = (): string => (made += 1).toString().padStart(12, '0').padEnd(32, 'a');
  return new FakeCluster({ pools: [POOL], makeId, ...overrides });
}

/** A spare pod that a former operator made. */
async function aFormerSpare(): Promise<PodObject & { readonly metadata: object }> {
  const former = aClusterWithPool({ makeId: () => 'f'.repeat(32) });
  await former.driver.find();
  const metadata = former.created[0]?.metadata ?? {};
  return { metadata, status: { podIP: AGENT_HOST, phase: 'Running' } };
}

function labelOf(pod: PodObject): string {
  return pod.metadata?.labels?.['mayfly.dev/pool'] ?? '';
}

/** One that has announced itself and was taken; `ready` is what its agent says next. */
async function takeSpare(cluster: FakeCluster): Promise<() => string> {
  await cluster.driver.find();
  const { ref } = cluster;
  cluster.say({ podIP: HOST });
  cluster.wait();
  await cluster.driver.create(aCreateRequest(ID));
  cluster.clock.step(0);
  const announcement = {
    kind: 'ready',
    executionEnvironmentId: ID,
    initDurationMs: 1,
    initOutcome: 'success',
  } as const;
  return () => cluster.driver.take({ ref, host: HOST, sender: HOST, announcement });
}

describe('spare pods', () => {
  it('are made elsewhere when their node is lost, and never taken there', async ({ expect }) => {
    const cluster = aClusterWithPool({ pools: [{ ...POOL, size: 2 }] });
    await cluster.driver.find();
    cluster.clock.step(1_000);
    const [first, second] = cluster.created.map(({ metadata }) => metadata.name);
    const show = (name = '', nodeName = ''): void => {
      cluster.show({ namespace: 'default', name }, { spec: { nodeName } });
    };
    show(first, 'n1');
    show(second, 'n2');
    await cluster.driver.create(aCreateRequest(ID));
    show(cluster.ref.name, 'n1');
    cluster.driver.noteLost(ID);
    await settle();
    expect(new Set(cluster.deletedNames)).toEqual(new Set([first, cluster.ref.name]));
    cluster.clock.step(10_000);
    expect(JSON.stringify(cluster.created.at(-1)?.spec['affinity'])).toContain('["n1"]');
    expect(cluster.created).toHaveLength(4);
  });

  it('are taken when they wait, and others are made when that has started', async ({ expect }) => {
    const cluster = aClusterWithPool();
    const ready = await takeSpare(cluster);
    expect(cluster.announced).toMatchObject([{ kind: 'waiting', executionEnvironmentId: ID }]);
    cluster.clock.step(2_000);
    expect(cluster.created).toHaveLength(1);
    ready();
    cluster.clock.step(250);
    expect(cluster.created.map(({ metadata }) => metadata.name.slice(0, 12))).toEqual([
      'mayfly-spare',
      'mayfly-spare',
    ]);
  });

  it('take invocations as soon as they have their function, and are marked when that takes long', async ({
    expect,
  }) => {
    const agent = await FakeAgent.start();
    const cluster = aClusterWithPool({ agentPort: agent.port });
    await cluster.driver.find();
    cluster.say({ podIP: AGENT_HOST });
    cluster.wait(AGENT_HOST, { port: agent.port });
    await cluster.driver.create(aCreateRequest(ID));
    cluster.clock.step(0);
    expect(await cluster.driver.assign(anAssignRequest())).toEqual({ holdsInvocations: true });
    cluster.clock.step(999);
    await settle();
    expect(cluster.patched).toEqual([]);
    cluster.clock.step(1);
    await settle();
    expect(cluster.patched).toMatchObject([{ labels: { 'mayfly.dev/execution-environment': ID } }]);
  });

  it('take none before their code has been fetched', async ({ expect }) => {
    const agent = await FakeAgent.start();
    const source = { kind: 'url', url: 'http://operator:8081/code/sha' } as const;
    const code = { locate: () => Promise.resolve(source) };
    const cluster = aClusterWithPool({ agentPort: agent.port, code });
    await cluster.driver.find();
    cluster.say({ podIP: AGENT_HOST });
    cluster.wait(AGENT_HOST, { port: agent.port });
    await cluster.driver.create(aCreateRequest(ID));
    expect(await cluster.driver.assign(anAssignRequest())).toEqual({ holdsInvocations: false });
  });

  it('are not taken by functions of another architecture', async ({ expect }) => {
    const cluster = aClusterWithPool();
    await cluster.driver.find();
    cluster.say({ podIP: HOST });
    cluster.wait();
    const request = aCreateRequest(ID);
    const configuration = { ...request.configuration, architectures: ['arm64' as const] };
    await cluster.driver.create({ ...request, configuration });
    expect(cluster.created.at(-1)?.spec['nodeSelector']).toEqual({ 'kubernetes.io/arch': 'arm64' });
  });

  it('serve on while they cannot be marked, and are marked in the end', async ({ expect }) => {
    const cluster = aClusterWithPool();
    cluster.patchErrors.push(
      new KubeError(429, 'TooManyRequests', 'slow down'),
      new KubeUnreachableError('no answer'),
      new KubeError(500, '', 'down'),
    );
    const ready = await takeSpare(cluster);
    expect(ready()).toBe('taken');
    cluster.clock.step(100);
    for (const pauseMs of [1_000, 2_000, 4_000]) {
      await settle();
      expect(cluster.patched).toEqual([]);
      cluster.clock.step(pauseMs);
    }
    await settle();
    expect(cluster.patched).toMatchObject([{ labels: { 'mayfly.dev/execution-environment': ID } }]);
    expect(cluster.announced.map(({ kind }) => kind)).toEqual(['waiting', 'ready']);
    expect(cluster.deleted).toEqual([]);
  });

  it('are not marked any more once they have gone', async ({ expect }) => {
    const cluster = aClusterWithPool();
    cluster.patchErrors.push(new KubeError(503, '', 'down'), new KubeError(404, 'NotFound', ''));
    const ready = await takeSpare(cluster);
    ready();
    cluster.clock.step(100);
    await settle();
    expect(cluster.patchErrors).toHaveLength(1);
    cluster.clock.step(1_000);
    await settle();
    cluster.clock.step(60_000);
    await settle();
    expect(cluster.patched).toEqual([]);
    expect(cluster.patchErrors).toEqual([]);
  });

  it('are sealed anew when they are taken and ready', async ({ expect }) => {
    const cluster = aClusterWithPool();
    const [first] = [cluster.created];
    const ready = await takeSpare(cluster);
    await settle();
    expect(cluster.patched).toEqual([]);
    ready();
    await settle();
    expect(cluster.patched).toEqual([]);
    cluster.clock.step(100);
    await settle();
    const ref = { namespace: 'default', name: first[0]?.metadata.name ?? '' };
    expect(cluster.patched).toMatchObject([
      {
        labels: { 'mayfly.dev/pool': null },
        annotations: { 'mayfly.dev/seal': makePodSeal(KEY, ref) },
      },
    ]);
  });

  it('are given up when they never announce themselves', async ({ expect }) => {
    const cluster = aClusterWithPool();
    await cluster.driver.find();
    await settle();
    cluster.say({ phase: 'Pending' });
    cluster.clock.step(ANNOUNCE_MS - 1);
    expect(cluster.deleted).toEqual([]);
    cluster.clock.step(1);
    expect(cluster.deleted).toEqual([5]);
    cluster.clock.step(10_000);
    expect(cluster.created).toHaveLength(2);
  });

  it('are not made again and again where there is no room', async ({ expect }) => {
    const cluster = aClusterWithPool();
    await cluster.driver.find();
    await settle();
    const full = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable' };
    cluster.say({ conditions: [full] });
    cluster.clock.step(3 * ANNOUNCE_MS);
    expect(cluster.deleted).toEqual([]);
    cluster.say({ phase: 'Pending' });
    cluster.clock.step(ANNOUNCE_MS);
    expect(cluster.deleted).toEqual([5]);
  });

  it('stay when they have announced themselves', async ({ expect }) => {
    const cluster = aClusterWithPool();
    await cluster.driver.find();
    await settle();
    cluster.say({ podIP: HOST });
    cluster.wait();
    cluster.clock.step(10 * ANNOUNCE_MS);
    expect(cluster.deleted).toEqual([]);
  });
});

describe('spare pods of a former operator', () => {
  it('are kept while they wait', async ({ expect }) => {
    const agent = await FakeAgent.start();
    const cluster = aClusterWithPool({ agentPort: agent.port });
    cluster.listed = [await aFormerSpare()];
    await cluster.driver.find();
    expect([cluster.created, cluster.deleted]).toEqual([[], []]);
    await cluster.driver.create(aCreateRequest(ID));
    cluster.clock.step(0);
    const address = `${AGENT_HOST}:${String(agent.port)}`;
    expect(cluster.announced).toMatchObject([{ kind: 'waiting', address }]);
  });

  it('are not believed by their labels', async ({ expect }) => {
    const agent = await FakeAgent.start();
    const spare = await aFormerSpare();
    // All of this stands in the pods of everybody's functions.
    const metadata = { ...spare.metadata, namespace: 'attacker', name: 'evil' };
    const sealed = { ...metadata, annotations: { 'mayfly.dev/agent': 'x' } };
    const cluster = aClusterWithPool({ agentPort: agent.port });
    cluster.listed = [
      { ...spare, metadata },
      { ...spare, metadata: sealed },
    ];
    await cluster.driver.find();
    expect(cluster.created).toHaveLength(1);
    await cluster.driver.create(aCreateRequest(ID));
    expect(cluster.announced).toEqual([]);
  });

  it('are of the namespace of their pool', async ({ expect }) => {
    const agent = await FakeAgent.start();
    const spare = await aFormerSpare();
    const ref = { namespace: 'elsewhere', name: 'spare' };
    const annotations = {
      'mayfly.dev/agent': 'x',
      'mayfly.dev/seal': makePodSeal(KEY, ref, labelOf(spare)),
    };
    const cluster = aClusterWithPool({ agentPort: agent.port });
    cluster.listed = [{ ...spare, metadata: { ...spare.metadata, ...ref, annotations } }];
    await cluster.driver.find();
    expect(cluster.deletedNames).toEqual(['spare']);
    expect(cluster.created).toHaveLength(1);
  });

  it('are left alone while they run what nobody has written on them', async ({ expect }) => {
    const agent = await FakeAgent.start('busy');
    const cluster = aClusterWithPool({ agentPort: agent.port });
    const spare = await aFormerSpare();
    const { namespace = '', name = '' } = spare.metadata as { namespace?: string; name?: string };
    cluster.listed = [spare];
    cluster.pods.set(`${namespace}/${name}`, spare);
    await cluster.driver.find();
    cluster.clock.step(120_000);
    await eventually(() => {
      expect(agent.asked).toBe(2);
    });
    expect(cluster.deleted).toEqual([]);
    agent.state = 'idle';
    await eventually(() => {
      cluster.clock.step(30_000);
      expect(cluster.deletedNames).toContain(name);
    });
  });

  it('have a pool that says how they were made', ({ expect }) => {
    const settings = { runtimeImages: {}, defaultArchitecture: 'arm64' } as never;
    const other = { runtimeImages: {}, defaultArchitecture: 'x86_64' } as never;
    expect(makePoolId(POOL, settings)).not.toBe(makePoolId(POOL, other));
  });
});
