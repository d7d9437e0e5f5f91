import { eventually } from '@mayfly/testkit';
import { LoadConnection, runLoad, type LoadTarget } from '../http-load.ts';
import { subtract, toDistribution, type Distribution } from '../quantiles.ts';
import { agentMemoryMbOf } from './agent-memory.ts';
import { loadClient, timeAll, timeCall, type TimedCall } from './calls.ts';
import {
  agentTokenOf,
  createFunctions,
  deleteFunctions,
  gatewayHosts,
  getPods,
  install,
  NAMESPACE,
  serviceHost,
  setPool,
  timeBarePods,
  type BenchPod,
} from './release.ts';
import { untilQuiet } from './until-quiet.ts';

/** What was measured on a cluster. Milliseconds and MB. */
export interface ClusterResult {
  /** First calls, one after the other, each in a pod of its own that has to be made. */
  readonly newPod: { readonly total: Distribution; readonly init: Distribution };
  /** First calls, one after the other, each in a pod that waits for a function. */
  readonly poolHit: { readonly total: Distribution; readonly init: Distribution };
  /** c=1, in turns: straight to the agent in its pod, by its home gateway, by another gateway. */
  readonly warm: {
    readonly direct: Distribution;
    readonly homeAdds: Distribution;
    readonly otherAdds: Distribution | undefined;
  };
  /** 20 pods that do nothing, made at once, until the last is ready: by them a burst is to be judged. */
  readonly bare20LastMs: number;
  readonly burst20LastMs: number;
  readonly wake100LastMs: number;
  /** Undefined where the nodes are not on this machine. */
  readonly agentMb: { readonly idle: number | undefined; readonly afterCalls: number | undefined };
}

const ECHO = 'exports.handler = async (event) => event;';
/** One CPU: what is measured is the platform, not how a small function is throttled. */
const ONE_CPU_MB = 1769;
/** Another size than the pool's, so that no waiting pod is taken. */
const MEDIUM_MB = 256;
const SMALL_MB = 128;
const COLD = 20;
const BURST = 20;
const ROUNDS = 10;
const REQUESTS_PER_ROUND = 500;
const POOL = { runtime: 'nodejs24.x', memorySize: SMALL_MB, size: 2 };
const SPARE_DEADLINE_MS = 60_000;
const AGENT_PORT = 8080;
const GATEWAY_PORT = 8080;
const BODY = '{"name":"Ada"}';

/** Measures the platform as the chart installs it. Leaves no Function behind. */
export async function benchCluster(): Promise<ClusterResult> {
  install();
  deleteFunctions();
  try {
    const newPod = await measureCold('bench-new', MEDIUM_MB);
    const { warm, afterCalls } = await measureWarm();
    const bare20LastMs = timeBarePods(BURST);
    const burst20LastMs = await measureBurst();
    setPool(POOL);
    const idle = agentMemoryMbOf((await untilPoolIsFull())[0]?.metadata.name ?? '');
    const poolHit = await measureCold('bench-pool', SMALL_MB);
    setPool(undefined);
    const wake100LastMs = await measureWake();
    const agentMb = { idle, afterCalls };
    return { newPod, poolHit, warm, bare20LastMs, burst20LastMs, wake100LastMs, agentMb };
  } finally {
    deleteFunctions();
    setPool(undefined);
  }
}

function specOf(memorySize: number): Record<string, unknown> {
  const code = { inline: ECHO };
  return { runtime: 'nodejs24.x', handler: 'index.handler', memorySize, timeout: 60, code };
}

function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, n) => `${prefix}-${String(n)}`);
}

async function measureCold(prefix: string, memorySize: number): Promise<ClusterResult['newPod']> {
  const names = numbered(prefix, COLD);
  createFunctions(names, specOf(memorySize));
  const host = serviceHost();
  await loadClient(host);
  const calls: TimedCall[] = [];
  for (const name of names) {
    if (memorySize === POOL.memorySize) await untilPoolIsFull();
    await untilQuiet();
    calls.push(await timeCall(host, name));
  }
  deleteFunctions();
  return {
    total: toDistribution(calls.map(({ totalMs }) => totalMs)),
    init: toDistribution(calls.map(({ initMs }) => initMs)),
  };
}

/** As between the cold starts of real traffic. */
async function untilPoolIsFull(): Promise<readonly BenchPod[]> {
  return eventually(
    () => {
      const spares = getPods('mayfly.dev/pool', NAMESPACE);
      const running = spares.filter(({ status }) => status.phase === 'Running');
      if (running.length < POOL.size) throw new Error(`${String(running.length)} spare pods run`);
      return running;
    },
    { timeoutMs: SPARE_DEADLINE_MS },
  );
}

async function measureWarm(): Promise<
  Pick<ClusterResult, 'warm'> & { readonly afterCalls: number | undefined }
> {
  const name = 'bench-warm';
  createFunctions([name], specOf(ONE_CPU_MB));
  await timeCall(serviceHost(), name);
  const pod = await eventually(() => findPodWithAddress(name));
  const path = `/2015-03-31/functions/${name}/invocations`;
  const targets = [
    toAgent(pod, name),
    ...gatewayHosts().map((host) => ({ host, port: GATEWAY_PORT, path, headers: {}, body: BODY })),
  ];
  const [direct, ...gateways] = await timeInTurns(targets);
  const afterCalls = agentMemoryMbOf(pod.metadata.name);
  deleteFunctions();
  // The function's home answers by itself; the other one asks the home.
  const [home, other] = gateways.sort((a, b) => a.p50 - b.p50);
  if (direct === undefined || home === undefined) throw new Error('there is no gateway');
  const warm = {
    direct,
    homeAdds: subtract(home, direct),
    otherAdds: other && subtract(other, direct),
  };
  return { warm, afterCalls };
}

/** The first answer may be there before the kubelet has said where it came from. */
function findPodWithAddress(functionName: string): BenchPod {
  const [pod] = getPods(`mayfly.dev/function=${functionName}`, NAMESPACE);
  if (pod?.status.podIP === undefined) throw new Error(`no pod of ${functionName} has an address`);
  return pod;
}

function toAgent({ metadata, status }: BenchPod, functionName: string): LoadTarget {
  return {
    host: status.podIP ?? '',
    port: AGENT_PORT,
    path: '/2015-03-31/functions/function/invocations',
    headers: {
      authorization: `Bearer ${agentTokenOf(metadata.name)}`,
      'x-amzn-requestid': 'bench',
      'x-amzn-trace-id': 'Root=1-00000000-000000000000000000000000',
      'x-mayfly-invoked-function-arn': `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
    },
    body: BODY,
  };
}

/** The same request to each, so that a noisy machine hits all. */
async function timeInTurns(targets: readonly LoadTarget[]): Promise<Distribution[]> {
  const legs = await Promise.all(
    targets.map(async (target) => ({
      connection: await LoadConnection.open(target),
      latenciesMs: [] as number[],
    })),
  );
  for (const { connection } of legs) await runLoad([connection], REQUESTS_PER_ROUND);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { connection, latenciesMs } of legs) {
      latenciesMs.push(...(await runLoad([connection], REQUESTS_PER_ROUND)).latenciesMs);
    }
  }
  for (const { connection } of legs) connection.close();
  return legs.map(({ latenciesMs }) => toDistribution(latenciesMs));
}

async function measureBurst(): Promise<number> {
  createFunctions(['bench-burst'], specOf(SMALL_MB));
  const lastMs = await timeAll(
    serviceHost(),
    Array.from({ length: BURST }, () => 'bench-burst'),
  );
  deleteFunctions();
  return lastMs;
}

async function measureWake(): Promise<number> {
  const names = numbered('bench-wake', 100);
  createFunctions(names, specOf(SMALL_MB));
  return timeAll(serviceHost(), names);
}
