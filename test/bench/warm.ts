import type { DirectAgents } from './direct-agents.ts';
import { LoadConnection, runLoad, type LoadTarget } from './http-load.ts';
import type { PlatformProcess } from './platform-process.ts';
import { cpuSecondsOf } from './proc.ts';
import { subtract, toDistribution, type Distribution } from './quantiles.ts';

const BODY = '{"name":"Ada"}';
const ROUNDS = 10;
const REQUESTS_PER_ROUND = 1_000;
const WARM_UP = 2_000;

/** One concurrency, measured straight at the agents and through the gateway, in turns. */
export interface WarmLeg {
  readonly concurrency: number;
  readonly direct: Distribution;
  readonly gateway: Distribution;
  /** What the gateway adds, quantile by quantile. */
  readonly added: Distribution;
  readonly directRps: number;
  readonly gatewayRps: number;
  /** CPU of the whole platform process (gateway, operator, store, log) for one request. */
  readonly cpuMicrosPerRequest: number;
}

/** Calls the same function both ways in turns, so that a noisy neighbour hits both. */
export async function measureWarm(
  { platform, direct }: { readonly platform: PlatformProcess; readonly direct: DirectAgents },
  concurrency: number,
): Promise<WarmLeg> {
  const toAgents = await openAll(direct.targets(concurrency, BODY));
  const target = platform.target('echo', BODY);
  const toGateway = await openAll(Array.from({ length: concurrency }, () => target));
  await runLoad(toAgents, WARM_UP);
  await runLoad(toGateway, WARM_UP);
  const sums = { direct: emptySum(), gateway: emptySum() };
  let cpuSeconds = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    add(sums.direct, await runLoad(toAgents, REQUESTS_PER_ROUND));
    const before = cpuSecondsOf(platform.pid);
    add(sums.gateway, await runLoad(toGateway, REQUESTS_PER_ROUND));
    cpuSeconds += cpuSecondsOf(platform.pid) - before;
  }
  for (const connection of [...toAgents, ...toGateway]) connection.close();
  const requests = ROUNDS * REQUESTS_PER_ROUND;
  const [agents, gateway] = [sums.direct, sums.gateway].map((s) => toDistribution(s.latenciesMs));
  if (agents === undefined || gateway === undefined) throw new Error('nothing was measured');
  return {
    concurrency,
    direct: agents,
    gateway,
    added: subtract(gateway, agents),
    directRps: requests / (sums.direct.durationMs / 1000),
    gatewayRps: requests / (sums.gateway.durationMs / 1000),
    cpuMicrosPerRequest: (cpuSeconds * 1e6) / requests,
  };
}

interface Sum {
  readonly latenciesMs: number[];
  durationMs: number;
}

function emptySum(): Sum {
  return { latenciesMs: [], durationMs: 0 };
}

function add(sum: Sum, run: { readonly latenciesMs: number[]; readonly durationMs: number }): void {
  sum.latenciesMs.push(...run.latenciesMs);
  sum.durationMs += run.durationMs;
}

function openAll(targets: readonly LoadTarget[]): Promise<LoadConnection[]> {
  return Promise.all(targets.map((target) => LoadConnection.open(target)));
}
