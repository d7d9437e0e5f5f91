import { randomUUID } from 'node:crypto';
import { connect, KubeLeaseStore, LeaderElection, type KubeApi } from '@mayfly/kube';
import { systemClock } from '@mayfly/telemetry';
import { eventually } from '@mayfly/testkit';
import { afterAll, beforeAll, describe, it, onTestFinished } from 'vitest';
import { useApiServerProxy, type ApiServerProxy } from './api-server-proxy.ts';

const NAMESPACE = `leases-${randomUUID().slice(0, 8)}`;
const LEASE_DURATION_MS = 3000;
const RENEW_DEADLINE_MS = 2000;
const RETRY_PERIOD_MS = 300;
// Of the machine, which does other things, too.
const MARGIN_MS = 1500;

const direct = connect();

function elect(api: KubeApi, lease: string, identity: string): LeaderElection {
  const election = new LeaderElection({
    leases: new KubeLeaseStore(api, { namespace: NAMESPACE, name: lease }),
    identity,
    clock: systemClock,
    leaseDurationMs: LEASE_DURATION_MS,
    renewDeadlineMs: RENEW_DEADLINE_MS,
    retryPeriodMs: RETRY_PERIOD_MS,
    onStartedLeading: () => undefined,
    onLost: () => undefined,
    onError: () => undefined,
  });
  onTestFinished(() => election.close());
  election.start();
  return election;
}

interface Two {
  readonly first: LeaderElection;
  readonly second: LeaderElection;
  readonly proxy: ApiServerProxy;
  readonly lease: string;
  /** How often both led at the same time. */
  readonly overlaps: () => number;
}

/** The first leads, behind a proxy; the second stands by. */
async function useTwo(): Promise<Two> {
  const lease = `lease-${randomUUID().slice(0, 8)}`;
  const proxy = await useApiServerProxy();
  const first = elect(proxy.api, lease, 'first');
  await waitForLeader(first, 5000);
  const second = elect(connect(), lease, 'second');
  let overlaps = 0;
  const watcher = setInterval(() => {
    if (first.isLeading && second.isLeading) overlaps += 1;
  }, 5);
  onTestFinished(() => {
    clearInterval(watcher);
  });
  return { first, second, proxy, lease, overlaps: () => overlaps };
}

function waitForLeader(election: LeaderElection, timeoutMs: number): Promise<void> {
  return eventually(
    () => {
      if (!election.isLeading) throw new Error('it does not lead');
    },
    { timeoutMs },
  );
}

function readLease(name: string): Promise<unknown> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases/${name}`;
  return direct.call({ method: 'GET', path });
}

beforeAll(async () => {
  const body = { metadata: { name: NAMESPACE } };
  await direct.call({ method: 'POST', path: '/api/v1/namespaces', body });
});

afterAll(async () => {
  await direct.call({ method: 'DELETE', path: `/api/v1/namespaces/${NAMESPACE}` });
});

describe('two candidates for one Lease', () => {
  it.for(['swallow', 'cut'] as const)(
    'change places within its duration when the first is cut off (%s), and never lead both',
    async (fault, { expect }) => {
      const { first, second, proxy, lease, overlaps } = await useTwo();
      expect(second.isLeading).toBe(false);
      const brokenMs = performance.now();
      if (fault === 'swallow') proxy.swallow();
      else proxy.close();
      await waitForLeader(second, LEASE_DURATION_MS + 2 * RETRY_PERIOD_MS + MARGIN_MS);
      expect(first.isLeading).toBe(false);
      // Not before: the first may have renewed in the moment before.
      expect(performance.now() - brokenMs).toBeGreaterThan(
        LEASE_DURATION_MS - RETRY_PERIOD_MS - 100,
      );
      expect(overlaps()).toBe(0);
      expect(await readLease(lease)).toMatchObject({
        spec: { holderIdentity: 'second', leaseTransitions: 1, leaseDurationSeconds: 3 },
      });
    },
  );

  it('change places at once when the first closes', async ({ expect }) => {
    const { first, second, lease, overlaps } = await useTwo();
    await first.close();
    expect(await readLease(lease)).toMatchObject({ spec: { holderIdentity: '' } });
    await waitForLeader(second, RETRY_PERIOD_MS + MARGIN_MS);
    expect(overlaps()).toBe(0);
  });

  it('stay as they are while the connections of the first are cut now and then', async ({
    expect,
  }) => {
    const { first, second, proxy, lease } = await useTwo();
    for (let cuts = 0; cuts < 8; cuts += 1) {
      proxy.cut();
      const before = JSON.stringify(await readLease(lease));
      await eventually(async () => {
        if (JSON.stringify(await readLease(lease)) === before) throw new Error('not renewed');
      });
    }
    expect([first.isLeading, second.isLeading]).toEqual([true, false]);
    expect(await readLease(lease)).toMatchObject({ spec: { leaseTransitions: 0 } });
  });
});
