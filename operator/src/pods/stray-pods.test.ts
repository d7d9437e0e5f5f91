import { KubeUnreachableError } from '@mayfly/kube';
import { aCreateRequest, eventually } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import type { PodRef } from './agent-token.ts';
import type { PodObject } from './pod-ports.ts';
import { FakeAgent, FakeCluster, ID, settle } from './testing/fake-cluster.ts';

const AGENT_HOST = '127.0.0.1';
const PATIENCE_MS = 120_000;
const PERIOD_MS = 30_000;
/** By then the pod has been looked at. */
const LOOKED_MS = PATIENCE_MS + PERIOD_MS;
const SILENCE_MS = 15 * 60_000;

interface Stray {
  readonly cluster: FakeCluster;
  readonly ref: PodRef;
  readonly pod: PodObject;
}

/** A pod whose creation had no answer appears later. */
async function aStray(
  agentPort: number,
  status: PodObject['status'] = { podIP: AGENT_HOST, phase: 'Running' },
): Promise<Stray> {
  const cluster = new FakeCluster({ agentPort });
  await cluster.driver.find();
  cluster.createError = new KubeUnreachableError('no answer');
  await cluster.driver.create(aCreateRequest(ID)).catch(() => undefined);
  cluster.createError = undefined;
  await settle();
  cluster.clock.step(5_000);
  await settle();
  cluster.deleted.length = 0;
  const [made] = cluster.created;
  if (made === undefined) throw new Error('no pod was asked for');
  const pod = { metadata: made.metadata, spec: made.spec, status };
  const { ref } = cluster;
  cluster.show(ref, pod);
  return { cluster, ref, pod };
}

describe('pods that nobody knows', () => {
  it('are deleted after a while, with their own grace', async ({ expect }) => {
    const agent = await FakeAgent.start('waiting');
    const { cluster } = await aStray(agent.port);
    cluster.clock.step(PATIENCE_MS - PERIOD_MS);
    expect(agent.asked).toBe(0);
    cluster.clock.step(2 * PERIOD_MS);
    // A timeout of 3 s, and the time that containers have to end.
    await eventually(() => {
      expect(cluster.deleted).toEqual([8]);
    });
  });

  it.for(['busy', 'initialising', 'resetting'])(
    'are let be while they are %s',
    async (state, { expect }) => {
      const agent = await FakeAgent.start(state);
      const { cluster } = await aStray(agent.port);
      cluster.clock.step(LOOKED_MS);
      await eventually(() => {
        expect(agent.asked).toBe(1);
      });
      expect(cluster.deleted).toEqual([]);
      agent.state = 'idle';
      await eventually(() => {
        cluster.clock.step(PERIOD_MS);
        expect(cluster.deleted).not.toEqual([]);
      });
    },
  );

  it('may run an invocation as long as they are silent, but none is that long', async ({
    expect,
  }) => {
    const agent = await FakeAgent.start();
    agent.state = undefined;
    const { cluster } = await aStray(agent.port);
    cluster.clock.step(LOOKED_MS);
    await eventually(() => {
      expect(agent.asked).toBe(1);
    });
    expect(cluster.deleted).toEqual([]);
    await eventually(() => {
      cluster.clock.step(SILENCE_MS);
      expect(cluster.deleted).not.toEqual([]);
    });
  });

  it.for([
    { phase: 'Pending' },
    { phase: 'Failed', podIP: AGENT_HOST },
    {
      podIP: AGENT_HOST,
      containerStatuses: [{ name: 'agent', state: { waiting: { reason: 'ErrImagePull' } } }],
    },
  ] as const)('are not asked where nothing runs: %j', async (status, { expect }) => {
    const agent = await FakeAgent.start('busy');
    const { cluster } = await aStray(agent.port, status);
    cluster.clock.step(LOOKED_MS);
    await eventually(() => {
      expect(cluster.deleted).toEqual([8]);
    });
    expect(agent.asked).toBe(0);
  });

  it('are asked to end again when the API server does not answer', async ({ expect }) => {
    const { cluster } = await aStray(1, { phase: 'Pending' });
    cluster.deleteErrors = 1;
    cluster.clock.step(LOOKED_MS);
    await settle();
    cluster.clock.step(PERIOD_MS);
    await settle();
    expect(cluster.deleted).toEqual([8, 8]);
  });

  it('are left alone when they only look like ours', async ({ expect }) => {
    const { cluster, ref, pod } = await aStray(1, { phase: 'Pending' });
    const other = { ...ref, name: 'other' };
    cluster.show(ref, undefined);
    cluster.show(other, { ...pod, metadata: { ...pod.metadata, ...other } });
    cluster.clock.step(10 * PATIENCE_MS);
    await settle();
    expect(cluster.deleted).toEqual([]);
  });

  it('are left alone when they end already', async ({ expect }) => {
    const { cluster, ref, pod } = await aStray(1, { phase: 'Pending' });
    const deletionTimestamp = '2026-01-01T00:00:00Z';
    cluster.show(ref, { ...pod, metadata: { ...pod.metadata, deletionTimestamp } });
    cluster.clock.step(10 * PATIENCE_MS);
    await settle();
    expect(cluster.deleted).toEqual([]);
  });

  it('are the next leader to look at once this one has closed', async ({ expect }) => {
    const { cluster } = await aStray(1, { phase: 'Pending' });
    cluster.driver.close();
    cluster.clock.step(10 * PATIENCE_MS);
    await settle();
    expect(cluster.deleted).toEqual([]);
  });

  it('are none of those that somebody counts on', async ({ expect }) => {
    const agent = await FakeAgent.start('idle');
    const cluster = new FakeCluster({ agentPort: agent.port });
    await cluster.open();
    const [made] = cluster.created;
    cluster.say({ podIP: AGENT_HOST, phase: 'Running' }, made?.metadata);
    cluster.clock.step(10 * PATIENCE_MS);
    await settle();
    expect([agent.asked, cluster.deleted]).toEqual([0, []]);
  });
});
