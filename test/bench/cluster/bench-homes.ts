import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@mayfly/testkit';
import { ROOT } from '../../e2e/setup/run-command.ts';
import { LoadConnection } from '../http-load.ts';
import { cpuSecondsOf } from '../proc.ts';
import { timeAll } from './calls.ts';
import {
  createFunctions,
  deleteFunctions,
  gatewayHosts,
  getPods,
  install,
  serviceHost,
} from './release.ts';

/** What was measured of gateways that share functions, and of floods. */
export interface HomesResult {
  /** One hot function, every gateway bound to a fraction of a CPU. */
  readonly scaleOut: readonly {
    readonly gateways: number;
    readonly homes: number;
    readonly perSecond: number;
    /**
     * Calls for one second of CPU of the gateway that had most to do: what all are good for, with a core each. It hardly
     * hangs on what else the machine does. Undefined where the nodes are elsewhere.
     */
    readonly perCpuSecond: number | undefined;
  }[];
  /** CPU of all operators together, in thousandths of a core. Undefined where the nodes are elsewhere. */
  readonly flood: readonly {
    readonly what: string;
    readonly callsPerSecond: number;
    readonly operatorMilliCpu: number | undefined;
  }[];
}

const SYSTEM_NAMESPACE = 'mayfly-system';
const VALUES = path.join(ROOT, '.cache/bench-homes-values.json');
const GATEWAY_PORT = 8080;
/** So little that it is used up before anything else is. */
const GATEWAY_CPU = '80m';
const COUNTS = [1, 2, 3];
const CONNECTIONS = 12;
/** Until there are as many homes as the load wants, and gateways that have just begun are as fast as others. */
const WARM_MS = 40_000;
const MEASURED_MS = 20_000;
const FLOOD_MS = 20_000;
const READY_MS = 60_000;
const ECHO = 'exports.handler = async (event) => event;';
const SLEEP = `exports.handler = async () => {
  await new Promise((resolve) => setTimeout(resolve, 80_000));
};`;

/** Measures them; leaves the platform as the e2e tests install it. */
export async function benchHomes(): Promise<HomesResult> {
  install();
  deleteFunctions();
  try {
    const flood = await measureFloods();
    const scaleOut: HomesResult['scaleOut'][number][] = [];
    for (const count of COUNTS) scaleOut.push(await measureScaleOut(count));
    return { scaleOut, flood };
  } finally {
    deleteFunctions();
    install();
  }
}

function specOf(inline: string, more: object = {}): Record<string, unknown> {
  const code = { inline };
  return {
    runtime: 'nodejs24.x',
    handler: 'index.handler',
    timeout: 180,
    memorySize: 512,
    code,
    ...more,
  };
}

async function measureScaleOut(gateways: number): Promise<HomesResult['scaleOut'][number]> {
  await scaleGateways(gateways);
  const name = `bench-hot-${String(gateways)}`;
  createFunctions([name], specOf(ECHO));
  await timeAll(
    serviceHost(),
    Array.from({ length: CONNECTIONS }, () => name),
  );
  const hosts = gatewayHosts();
  await callFor(WARM_MS, hosts, name);
  const before = readCpuSeconds('/app/gateway.mjs');
  const { answered } = await callFor(MEASURED_MS, hosts, name);
  const after = readCpuSeconds('/app/gateway.mjs');
  const used = [...after].map(([pid, seconds]) => seconds - (before.get(pid) ?? seconds));
  const homes = await readHomes(name);
  deleteFunctions();
  return {
    gateways,
    homes,
    perSecond: (answered * 1000) / MEASURED_MS,
    perCpuSecond: used.length === 0 ? undefined : answered / Math.max(...used),
  };
}

/** As many connections to each gateway as to any other, each with one call after the other. */
async function callFor(
  durationMs: number,
  hosts: readonly string[],
  functionName: string,
): Promise<{ readonly answered: number; readonly refused: number }> {
  const requestPath = `/2015-03-31/functions/${functionName}/invocations`;
  const counts = { answered: 0, refused: 0 };
  const untilMs = performance.now() + durationMs;
  const call = async (_: unknown, n: number): Promise<void> => {
    const host = hosts[n % hosts.length] ?? '';
    const target = { host, port: GATEWAY_PORT, path: requestPath, headers: {}, body: '{}' };
    const connection = await LoadConnection.open(target);
    while (performance.now() < untilMs) {
      const isAnswered = await connection.post().then(
        (): boolean => true,
        (error: unknown) => isThrottled(error),
      );
      if (isAnswered) counts.answered += 1;
      else counts.refused += 1;
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, call));
  return counts;
}

/** False for a 429; anything else is thrown. */
function isThrottled(error: unknown): false {
  if (error instanceof Error && error.message.startsWith('answered 429')) return false;
  throw error;
}

async function scaleGateways(replicas: number): Promise<void> {
  const limits = { cpu: GATEWAY_CPU, memory: '1Gi' };
  const resources = { requests: { cpu: '50m', memory: '192Mi' }, limits };
  writeFileSync(VALUES, JSON.stringify({ gateway: { replicas, resources } }));
  execFileSync(
    'helm',
    [
      ...['upgrade', 'mayfly', path.join(ROOT, 'charts/mayfly'), '--namespace', SYSTEM_NAMESPACE],
      ...['--reuse-values', '--values', VALUES, '--wait', '--timeout', '180s'],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  await eventually(
    () => {
      const found = getPods('app.kubernetes.io/component=gateway', SYSTEM_NAMESPACE).length;
      if (found !== replicas) throw new Error(`there are ${String(found)} gateways`);
    },
    { timeoutMs: READY_MS },
  );
}

/** As the leader says; the others know nothing of it. */
async function readHomes(functionName: string): Promise<number> {
  const pods = getPods('app.kubernetes.io/component=operator', SYSTEM_NAMESPACE);
  for (const { status } of pods) {
    const response = await fetch(`http://${status.podIP ?? ''}:9090/metrics`);
    const line = (await response.text())
      .split('\n')
      .find((one) => one.startsWith('mayfly_function_homes{') && one.includes(`"${functionName}"`));
    if (line !== undefined) return Number(line.split(' ').at(-1));
  }
  return 1;
}

async function measureFloods(): Promise<HomesResult['flood']> {
  const used = 'bench-used';
  const closed = 'bench-closed';
  createFunctions([used], specOf(SLEEP, { reservedConcurrentExecutions: 1 }));
  createFunctions([closed], specOf(SLEEP, { reservedConcurrentExecutions: 0 }));
  const hosts = gatewayHosts();
  const holding = timeAll(serviceHost(), [used]);
  await eventually(
    () => {
      const running = getPods(`mayfly.dev/function=${used}`, 'default');
      if (running.every(({ status }) => status.phase !== 'Running')) throw new Error('none runs');
    },
    { timeoutMs: READY_MS },
  );
  await sleep(5_000);
  const rows: HomesResult['flood'][number][] = [];
  const measure = async (what: string, act: () => Promise<number>): Promise<void> => {
    const before = operatorCpuSeconds();
    const calls = await act();
    const after = operatorCpuSeconds();
    const isKnown = before !== undefined && after !== undefined;
    const operatorMilliCpu = isKnown ? ((after - before) * 1_000_000) / FLOOD_MS : undefined;
    rows.push({ what, callsPerSecond: (calls * 1000) / FLOOD_MS, operatorMilliCpu });
  };
  await measure('no call', async () => {
    await sleep(FLOOD_MS);
    return 0;
  });
  await measure('limit used up', async () => (await callFor(FLOOD_MS, hosts, used)).refused);
  await measure('reserved 0', async () => (await callFor(FLOOD_MS, hosts, closed)).refused);
  await holding;
  deleteFunctions();
  return rows;
}

function operatorCpuSeconds(): number | undefined {
  const all = [...readCpuSeconds('/app/operator.mjs').values()];
  return all.length === 0 ? undefined : all.reduce((sum, seconds) => sum + seconds, 0);
}

/** By process id, of every process of this program whose node is on this machine. */
function readCpuSeconds(program: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      if (!readFileSync(`/proc/${entry}/cmdline`, 'utf8').includes(program)) continue;
      found.set(entry, cpuSecondsOf(Number(entry)));
    } catch {
      // It has ended.
    }
  }
  return found;
}
