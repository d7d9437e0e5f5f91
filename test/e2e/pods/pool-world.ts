import { randomUUID } from 'node:crypto';
import type { Announcement, AssignRequest } from '@mayfly/core';
import type { PodExecutionEnvironmentDriver } from '@mayfly/operator/pods';
import { aCreateRequest, eventually } from '@mayfly/testkit';
import { onTestFinished } from 'vitest';
import { anEchoAssignment } from './echo-function.ts';
import { kubectl, makeNamespace, startPodBed } from './pod-bed.ts';

/** Until a pod is there. */
export const START_MS = 60_000;

const AGENT_PATH = '/2015-03-31/functions/function/invocations';

/** A pod as kubectl shows it. */
export interface PodSeen {
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

/** What is kept, and of which functions. */
export interface PoolWorldOptions {
  readonly runtime: string;
  readonly memorySize: number;
  /** Of the function's code. */
  readonly archive: Uint8Array;
}

/** A driver with a pool of one pod. */
export interface PoolWorld extends PoolWorldOptions {
  readonly namespace: string;
  readonly uid: string;
  readonly driver: PodExecutionEnvironmentDriver;
  readonly announced: readonly Announcement[];
  /** Hits and misses. */
  readonly seen: readonly string[];
  pods(): readonly PodSeen[];
  /** Resolves when the spare pod waits. */
  full(): Promise<void>;
}

/** Makes a pool of one pod, which waits. */
export async function usePoolWorld(options: PoolWorldOptions): Promise<PoolWorld> {
  const { runtime, memorySize, archive } = options;
  const { namespace, uid } = makeNamespace();
  const seen: string[] = [];
  let ready = 0;
  const bed = await startPodBed({
    namespace,
    archive,
    pools: [{ namespace, runtime, memorySize, size: 1 }],
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
  const full = (): Promise<void> =>
    eventually(
      () => {
        if (ready !== 1) throw new Error('no spare pod waits');
      },
      { timeoutMs: START_MS },
    );
  await full();
  return { ...options, namespace, uid, driver, announced, seen, pods, full };
}

/** A function gets the spare pod, and is ready. */
export async function start(
  world: PoolWorld,
  overrides: Partial<Pick<AssignRequest, 'memorySizeMb' | 'handler' | 'environmentVariables'>> = {},
): Promise<string> {
  const { driver, announced, archive, namespace, uid, runtime } = world;
  const memorySizeMb = overrides.memorySizeMb ?? world.memorySize;
  const executionEnvironmentId = randomUUID().replaceAll('-', '');
  const of = { owner: { name: 'fixture', uid }, namespace };
  const request = aCreateRequest(executionEnvironmentId, of);
  const configuration = { ...request.configuration, runtime, memorySize: memorySizeMb };
  await driver.create({ ...request, runtime, memorySizeMb, configuration });
  const heard = (kind: Announcement['kind']) => (): Announcement => {
    const found = announced.find(
      (one) => one.kind === kind && one.executionEnvironmentId === executionEnvironmentId,
    );
    if (found === undefined) throw new Error(`it is not ${kind}`);
    return found;
  };
  await eventually(heard('waiting'), { timeoutMs: START_MS });
  const assignment = anEchoAssignment(executionEnvironmentId, archive, of);
  await driver.assign({ ...assignment, ...overrides, runtime, configuration, memorySizeMb });
  await eventually(heard('ready'), { timeoutMs: START_MS });
  return executionEnvironmentId;
}

/** What its agent answers. */
export async function invoke(
  world: PoolWorld,
  executionEnvironmentId: string,
  body: string,
): Promise<string> {
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
    body,
  });
  return response.text();
}
