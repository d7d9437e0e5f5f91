import { randomUUID } from 'node:crypto';
import type { Announcement } from '@mayfly/core';
import type { PodExecutionEnvironmentDriver } from '@mayfly/operator/pods';
import { aCreateRequest, eventually } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import { anEchoAssignment, makeEchoArchive } from './echo-function.ts';
import { kubectl, makeNamespace, startPodBed, type PodBed } from './pod-bed.ts';

const START_MS = 60_000;

interface PodSeen {
  readonly metadata: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly kind: string; readonly uid: string }[];
  };
  readonly spec: { readonly nodeSelector: Readonly<Record<string, string>> };
  readonly status: { readonly containerStatuses?: readonly { readonly ready: boolean }[] };
}

interface World {
  readonly bed: PodBed;
  readonly namespace: string;
  readonly uid: string;
  readonly archive: Uint8Array;
  pods(): readonly PodSeen[];
}

/** A pool of one pod, which runs. */
async function useWorld(): Promise<World> {
  const { namespace, uid } = makeNamespace();
  const pool = { namespace, runtime: 'provided.al2023', memorySize: 128, size: 1 };
  const archive = await makeEchoArchive();
  const bed = await startPodBed({ namespace, archive, pools: [pool] });
  onTestFinished(() => bed.close());
  const pods = (): readonly PodSeen[] =>
    (JSON.parse(kubectl('get', 'pods', '-n', namespace, '-ojson')) as { items: PodSeen[] }).items;
  await bed.build().find();
  await eventually(
    () => {
      const [pod] = pods();
      const ready = pod?.status.containerStatuses?.filter((one) => one.ready) ?? [];
      if (ready.length !== 2) throw new Error('the spare pod does not run');
    },
    { timeoutMs: START_MS },
  );
  return { bed, namespace, uid, archive, pods };
}

/** Finds what the former driver left, and creates one. */
async function create(
  { bed, namespace, uid }: World,
  executionEnvironmentId: string,
): Promise<{ driver: PodExecutionEnvironmentDriver; announced: readonly Announcement[] }> {
  const driver = bed.build();
  const announced: Announcement[] = [];
  driver.onAnnouncement((announcement) => announced.push(announcement));
  await driver.find();
  const owner = { name: 'fixture', uid };
  await driver.create(aCreateRequest(executionEnvironmentId, { owner, namespace }));
  return { driver, announced };
}

describe('spare pods on a cluster', { timeout: 3 * START_MS }, () => {
  it('are kept by the next operator, taken, and marked with a new seal', async ({ expect }) => {
    const world = await useWorld();
    const [spare] = world.pods();
    if (spare === undefined) throw new Error('there is no spare pod');
    expect(spare.spec.nodeSelector).toHaveProperty('kubernetes.io/arch');
    const id = randomUUID().replaceAll('-', '');
    const { driver, announced } = await create(world, id);
    await eventually(() => {
      expect(announced).toMatchObject([{ kind: 'waiting', executionEnvironmentId: id }]);
    });
    const { archive, namespace, uid } = world;
    const owner = { name: 'fixture', uid };
    await driver.assign(anEchoAssignment(id, archive, { owner, namespace }));
    await eventually(
      () => {
        const taken = world.pods().find(({ metadata }) => metadata.name === spare.metadata.name);
        expect(taken?.metadata.labels).toMatchObject({ 'mayfly.dev/execution-environment': id });
        expect(taken?.metadata.labels).not.toHaveProperty('mayfly.dev/pool');
        expect(taken?.metadata.ownerReferences).toMatchObject([{ uid: world.uid }]);
        const seals = [spare, taken].map((pod) => pod?.metadata.annotations['mayfly.dev/seal']);
        expect(seals[1]).toBeDefined();
        expect(seals[1]).not.toBe(seals[0]);
      },
      { timeoutMs: START_MS },
    );
  });

  it('are not taken when their seal is not ours', async ({ expect }) => {
    const world = await useWorld();
    const name = world.pods()[0]?.metadata.name ?? '';
    kubectl('annotate', 'pod', name, '-n', world.namespace, '--overwrite', 'mayfly.dev/seal=x');
    const id = randomUUID().replaceAll('-', '');
    await create(world, id);
    await eventually(
      () => {
        const ofFunction = world
          .pods()
          .filter(({ metadata }) => metadata.labels['mayfly.dev/execution-environment'] === id);
        expect(ofFunction.map(({ metadata }) => metadata.name)).not.toContain(name);
        expect(ofFunction).toHaveLength(1);
      },
      { timeoutMs: START_MS },
    );
  });
});
