import { randomUUID } from 'node:crypto';
import type { Announcement } from '@mayfly/core';
import type { PodExecutionEnvironmentDriver } from '@mayfly/operator/pods';
import { aCreateRequest, eventually } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import { anEchoAssignment, makeEchoArchive } from './echo-function.ts';
import { kubectl, makeNamespace, startPodBed } from './pod-bed.ts';

const START_MS = 60_000;
const POOL_MB = 512;
const AGENT_PATH = '/2015-03-31/functions/function/invocations';

interface PodSeen {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly status: {
    readonly containerStatuses?: readonly {
      readonly name: string;
      readonly ready: boolean;
      readonly restartCount: number;
      readonly resources?: { readonly limits?: Readonly<Record<string, string>> };
    }[];
  };
}

interface World {
  readonly namespace: string;
  readonly uid: string;
  readonly archive: Uint8Array;
  readonly driver: PodExecutionEnvironmentDriver;
  readonly announced: readonly Announcement[];
  readonly seen: readonly string[];
  pods(): readonly PodSeen[];
}

/** A pool of one pod, which waits. */
async function useWorld(): Promise<World> {
  const { namespace, uid } = makeNamespace();
  const pool = { namespace, runtime: 'provided.al2023', memorySize: POOL_MB, size: 1 };
  const archive = await makeEchoArchive();
  const seen: string[] = [];
  let ready = 0;
  const bed = await startPodBed({
    namespace,
    archive,
    pools: [pool],
    poolObserver: {
      hit: (_pool, fit) => seen.push(`hit ${fit}`),
      miss: ({ reason }) => seen.push(`miss ${reason}`),
      count: (_pool, counts) => (ready = counts.ready),
    },
  });
  onTestFinished(() => bed.close());
  const pods = (): readonly PodSeen[] =>
    (JSON.parse(kubectl('get', 'pods', '-n', namespace, '-ojson')) as { items: PodSeen[] }).items;
  const driver = bed.build();
  const announced: Announcement[] = [];
  driver.onAnnouncement((announcement) => announced.push(announcement));
  await driver.find();
  await eventually(
    () => {
      if (ready !== 1) throw new Error('no spare pod waits');
    },
    { timeoutMs: START_MS },
  );
  return { namespace, uid, archive, driver, announced, seen, pods };
}

/** A function of this size gets the spare pod, and is ready. */
async function start(world: World, memorySize: number): Promise<string> {
  const { driver, announced, archive, namespace, uid } = world;
  const executionEnvironmentId = randomUUID().replaceAll('-', '');
  const of = { owner: { name: 'fixture', uid }, namespace };
  const request = aCreateRequest(executionEnvironmentId, of);
  const configuration = { ...request.configuration, memorySize };
  await driver.create({ ...request, memorySizeMb: memorySize, configuration });
  const heard = (kind: Announcement['kind']) => (): Announcement => {
    const found = announced.find(
      (one) => one.kind === kind && one.executionEnvironmentId === executionEnvironmentId,
    );
    if (found === undefined) throw new Error(`it is not ${kind}`);
    return found;
  };
  await eventually(heard('waiting'), { timeoutMs: START_MS });
  const assignment = anEchoAssignment(executionEnvironmentId, archive, of);
  await driver.assign({ ...assignment, memorySizeMb: memorySize });
  await eventually(heard('ready'), { timeoutMs: START_MS });
  return executionEnvironmentId;
}

function limitsOf(world: World, podName: string): Readonly<Record<string, string>> {
  const pod = world.pods().find(({ metadata }) => metadata.name === podName);
  const status = pod?.status.containerStatuses?.find(({ name }) => name === 'function');
  if (status?.restartCount !== 0) throw new Error('the container was restarted');
  return status.resources?.limits ?? {};
}

async function invoke(world: World, executionEnvironmentId: string): Promise<string> {
  const waiting = world.announced.find(
    (one) => one.kind === 'waiting' && one.executionEnvironmentId === executionEnvironmentId,
  );
  if (waiting?.kind !== 'waiting') throw new Error('it has no address');
  const response = await fetch(`http://${waiting.address}${AGENT_PATH}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${waiting.token}`,
      'x-amzn-requestid': 'e2e',
      'x-amzn-trace-id': 'Root=1-00000000-000000000000000000000000',
      'x-mayfly-invoked-function-arn': 'arn:aws:lambda:eu-central-1:000000000000:function:fixture',
    },
    body: '{"size":1}',
  });
  return response.text();
}

describe('a pool of another memory size, on a cluster', { timeout: 3 * START_MS }, () => {
  it.for([
    ['smaller', 256, '256Mi', '145m'],
    ['larger', 1024, '1Gi', '579m'],
  ] as const)(
    'serves a %s function by a resize',
    async ([, memorySize, memory, cpu], { expect }) => {
      const world = await useWorld();
      const [spare] = world.pods();
      const podName = spare?.metadata.name ?? '';
      await eventually(() => {
        expect(limitsOf(world, podName)).toEqual({ memory: '512Mi', cpu: '1' });
      });
      const id = await start(world, memorySize);
      expect(world.seen).toEqual(['hit resized']);
      expect(await invoke(world, id)).toBe('{"size":1}');
      // The kubelet says what it has set, the boost being over.
      await eventually(
        () => {
          expect(limitsOf(world, podName)).toEqual({ memory, cpu });
        },
        { timeoutMs: START_MS },
      );
      const taken = world.pods().find(({ metadata }) => metadata.name === podName);
      expect(taken?.metadata.labels).toMatchObject({ 'mayfly.dev/execution-environment': id });
    },
  );
});
