import type { CreateRequest, PoolObserver } from '@mayfly/core';
import { KubeError, KubeUnreachableError } from '@mayfly/kube';
import { aCreateRequest } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import type { PodDriverDeps } from './pod-driver.ts';
import { FakeCluster, HOST, ID, settle } from './testing/fake-cluster.ts';

const RUNTIME = 'provided.al2023';
const FORBIDDEN = new KubeError(403, 'Forbidden', 'pods "x" is forbidden: no');

interface World {
  readonly cluster: FakeCluster;
  /** `hit exact 256`, `miss empty`. */
  readonly seen: string[];
}

/** One pool, whose spare pods wait. */
async function useWorld(
  pool: { readonly memorySize: number; readonly size?: number },
  overrides: Partial<PodDriverDeps> & { readonly canResize?: boolean | Error } = {},
): Promise<World> {
  let made = 0;
  const seen: string[] = [];
  const poolObserver: PoolObserver = {
    hit: ({ memorySizeMb }, fit) => seen.push(`hit ${fit} ${String(memorySizeMb)}`),
    miss: ({ reason }) => seen.push(`miss ${reason}`),
    count: () => undefined,
  };
  const cluster = new FakeCluster({
    pools: [{ namespace: 'default', runtime: RUNTIME, size: 1, ...pool }],
    makeId: () => (made += 1).toString().padStart(12, '0').padEnd(32, 'a'),
    poolObserver,
    ...overrides,
  });
  cluster.canResize = overrides.canResize ?? true;
  await cluster.driver.find();
  for (let n = 0; n < (pool.size ?? 1); n += 1) {
    cluster.say({ podIP: HOST });
    cluster.wait();
    cluster.clock.step(500);
  }
  return { cluster, seen };
}

function aRequest(memorySize: number, id = ID): CreateRequest {
  const request = aCreateRequest(id);
  return {
    ...request,
    memorySizeMb: memorySize,
    configuration: { ...request.configuration, memorySize },
  };
}

/** Names of what was created for functions. */
function madePods({ created }: FakeCluster): readonly string[] {
  const names = created.map(({ metadata }) => metadata.name);
  return names.filter((name) => !name.startsWith('mayfly-spare'));
}

describe('a pool of another memory size', () => {
  it('serves after its memory has been set, with the CPU of a start', async ({ expect }) => {
    const { cluster, seen } = await useWorld({ memorySize: 512 });
    await cluster.driver.create(aRequest(256));
    expect(cluster.resized).toMatchObject([{ memory: '256Mi', cpu: '1000m' }]);
    expect(seen).toEqual(['hit resized 512']);
    cluster.clock.step(0);
    expect(cluster.announced).toMatchObject([{ kind: 'waiting', executionEnvironmentId: ID }]);
    expect(madePods(cluster)).toEqual([]);
  });

  it('is not asked for where the exact size waits', async ({ expect }) => {
    const { cluster, seen } = await useWorld({ memorySize: 256 });
    await cluster.driver.create(aRequest(256));
    expect([cluster.resized, seen]).toEqual([[], ['hit exact 256']]);
  });

  it('serves none but its own size where the API server knows no resize', async ({ expect }) => {
    const { cluster, seen } = await useWorld({ memorySize: 512 }, { canResize: false });
    await cluster.driver.create(aRequest(256));
    expect([cluster.resized, seen]).toEqual([[], ['miss no_resize']]);
    expect(madePods(cluster)).toHaveLength(1);
    await cluster.driver.create(aRequest(512, 'b'.repeat(32)));
    expect(seen.at(-1)).toBe('hit exact 512');
  });

  it('serves where the API server could not be asked, until it refuses', async ({ expect }) => {
    const canResize = new Error('connection reset');
    const { cluster, seen } = await useWorld({ memorySize: 512 }, { canResize });
    await cluster.driver.create(aRequest(256));
    expect(seen).toEqual(['hit resized 512']);
  });

  it.for([FORBIDDEN, new KubeError(422, 'Invalid', 'memory limits cannot be decreased')])(
    'serves none but its own size after the first refusal: %#',
    async (refusal, { expect }) => {
      const { cluster, seen } = await useWorld({ memorySize: 512, size: 2 });
      cluster.resizeErrors.push(refusal);
      await cluster.driver.create(aRequest(256));
      // It may have got the wrong size.
      expect(cluster.deleted).toEqual([5]);
      await cluster.driver.create(aRequest(256, 'b'.repeat(32)));
      expect(seen).toEqual(['miss no_resize', 'miss no_resize']);
      expect(cluster.resized).toHaveLength(1);
      expect(madePods(cluster)).toHaveLength(2);
    },
  );

  it('is tried again after a failure that says nothing of the cluster', async ({ expect }) => {
    const { cluster, seen } = await useWorld({ memorySize: 512, size: 2 });
    cluster.resizeErrors.push(new KubeUnreachableError('no answer'));
    await cluster.driver.create(aRequest(256));
    await cluster.driver.create(aRequest(256, 'b'.repeat(32)));
    expect(seen).toEqual(['miss failed', 'hit resized 512']);
  });

  it('is not waited for once it is known that memory can be taken away', async ({ expect }) => {
    const { cluster, seen } = await useWorld({ memorySize: 512, size: 2 });
    await cluster.driver.create(aRequest(256));
    cluster.resizeErrors.push(FORBIDDEN);
    await cluster.driver.create(aRequest(256, 'b'.repeat(32)));
    await settle();
    expect(seen).toEqual(['hit resized 512', 'hit resized 512']);
  });

  it('serves a larger function when the kubelet says that it gives the memory', async ({
    expect,
  }) => {
    const { cluster, seen } = await useWorld({ memorySize: 512 });
    const { ref } = cluster;
    const creating = cluster.driver.create(aRequest(1024));
    await settle();
    const failing = { type: 'PodResizeInProgress', status: 'True', reason: 'Error' };
    cluster.show(ref, { status: { conditions: [failing] } });
    await settle();
    expect(seen).toEqual([]);
    const growing = { type: 'PodResizeInProgress', status: 'True' };
    cluster.show(ref, { status: { conditions: [growing] } });
    await creating;
    expect(seen).toEqual(['hit resized 512']);
  });

  it('serves a larger function when the kubelet has given the memory', async ({ expect }) => {
    const { cluster, seen } = await useWorld({ memorySize: 512 });
    const { ref } = cluster;
    const creating = cluster.driver.create(aRequest(1024));
    await settle();
    expect(cluster.resized).toMatchObject([{ memory: '1024Mi' }]);
    expect(seen).toEqual([]);
    const resources = { limits: { memory: '1Gi' } };
    cluster.show(ref, { status: { containerStatuses: [{ name: 'function', resources }] } });
    await creating;
    expect(seen).toEqual(['hit resized 512']);
  });

  it.for(['a node that is full', 'a kubelet that is slow'] as const)(
    'does not serve a larger function on %s',
    async (why, { expect }) => {
      const { cluster, seen } = await useWorld({ memorySize: 512 });
      const { ref } = cluster;
      const creating = cluster.driver.create(aRequest(1024));
      await settle();
      const pending = { type: 'PodResizePending', status: 'True', reason: 'Deferred' };
      if (why === 'a node that is full') cluster.show(ref, { status: { conditions: [pending] } });
      else cluster.clock.step(500);
      await creating;
      expect(seen).toEqual(['miss failed']);
      expect(cluster.deletedNames).toEqual([ref.name]);
      expect(madePods(cluster)).toHaveLength(1);
    },
  );

  it('can be ended while it is looked for', async ({ expect }) => {
    const { cluster } = await useWorld({ memorySize: 512 });
    const { ref } = cluster;
    const creating = cluster.driver.create(aRequest(1024));
    const ending = cluster.driver.destroy(ID);
    const resources = { limits: { memory: '1Gi' } };
    cluster.show(ref, { status: { containerStatuses: [{ name: 'function', resources }] } });
    await creating;
    await settle();
    cluster.show(ref, undefined);
    await ending;
    expect(cluster.deletedNames).toContain(ref.name);
  });
});

describe('a function that no spare pod fits', () => {
  const base = aRequest(256).configuration;
  it.for([
    ['a pod template', { podTemplate: { labels: { a: 'b' } } }],
    ['a service account', { serviceAccountName: 'reader' }],
    ['more room in /tmp', { ephemeralStorage: 1024 }],
    ['another architecture', { architectures: ['arm64' as const] }],
  ] as const)('has %s', async ([, configuration], { expect }) => {
    const { cluster, seen } = await useWorld({ memorySize: 256 });
    await cluster.driver.create({
      ...aRequest(256),
      configuration: { ...base, ...configuration },
    } as CreateRequest);
    expect(seen).toEqual(['miss unfit']);
    expect(madePods(cluster)).toHaveLength(1);
  });

  it('has an image', async ({ expect }) => {
    const { cluster, seen } = await useWorld({ memorySize: 256 });
    const image = { uri: 'a@sha256:1', entryPoint: ['/app'], command: [], workingDirectory: '/' };
    const request = { ...aRequest(256), runtime: undefined, image } as unknown as CreateRequest;
    await cluster.driver.create(request);
    expect(seen).toEqual(['miss unfit']);
  });
});

describe('what is provisioned ahead', () => {
  it('leaves spare pods to those that somebody waits for', async ({ expect }) => {
    const { cluster, seen } = await useWorld({ memorySize: 256 });
    await cluster.driver.create({ ...aRequest(256), isProvisioned: true });
    expect([madePods(cluster).length, seen]).toEqual([1, []]);
  });
});

describe('a miss', () => {
  it('says whether the pool was empty, or there is none', async ({ expect }) => {
    const { cluster, seen } = await useWorld({ memorySize: 256 });
    for (const id of ['a', 'b']) await cluster.driver.create(aRequest(256, id.repeat(32)));
    const other = { ...aRequest(256, 'c'.repeat(32)), runtime: 'nodejs24.x' };
    await cluster.driver.create(other).catch(() => undefined);
    expect(seen).toEqual(['hit exact 256', 'miss empty', 'miss no_pool']);
  });
});
