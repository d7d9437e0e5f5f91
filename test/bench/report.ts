import type { ApiResult } from './api.ts';
import type { AliasResult } from './cluster/bench-alias.ts';
import type { ClusterResult } from './cluster/bench-cluster.ts';
import type { PoolResult } from './cluster/bench-pool.ts';
import type { HomesResult } from './cluster/bench-homes.ts';
import type { EmbeddedResult } from './embedded.ts';
import type { Distribution } from './quantiles.ts';
import type { BenchResult } from './run.ts';

/** A row of the table: what, measured, and the bar it is held against (when it has one). */
interface Row {
  readonly what: string;
  readonly measured: string;
  readonly bar: string;
  readonly isMet: boolean | undefined;
}

/** The result as a table for people. */
export function formatReport(result: BenchResult): string {
  const rows = [
    ...(result.embedded === undefined ? [] : makeEmbeddedRows(result.embedded)),
    ...(result.cluster === undefined ? [] : makeClusterRows(result.cluster)),
    ...(result.pool === undefined ? [] : makePoolRows(result.pool)),
    ...(result.api === undefined ? [] : makeApiRows(result.api)),
    ...(result.alias === undefined ? [] : makeAliasRows(result.alias)),
    ...(result.homes === undefined ? [] : makeHomesRows(result.homes)),
  ];
  const width = (of: (row: Row) => string): number => Math.max(...rows.map((r) => of(r).length));
  const [what, measured, bar] = [
    width((r) => r.what),
    width((r) => r.measured),
    width((r) => r.bar),
  ];
  const lines = rows.map(
    (r) =>
      `${r.what.padEnd(what)}  ${r.measured.padEnd(measured)}  ${r.bar.padEnd(bar)}  ${toMark(r.isMet)}`,
  );
  return `\n${result.machine}\n\n${lines.join('\n')}\n`;
}

function makeEmbeddedRows(result: EmbeddedResult): Row[] {
  const { warm, agent, cold, bareHop } = result;
  return [
    plain('one hop to a bare node:http server, c=1: p50 / p95 / p99', `${quantiles(bareHop)} ms`),
    ...warm.flatMap((leg) => {
      const c = `c=${String(leg.concurrency)}`;
      const bars = leg.concurrency === 1 ? ([0.3, 0.8, 1.5] as const) : undefined;
      return [
        plain(
          `direct, ${c}: p50 / p95 / p99`,
          `${quantiles(leg.direct)} ms, ${rate(leg.directRps)}`,
        ),
        {
          what: `gateway adds, ${c}: p50 / p95 / p99`,
          measured: `${quantiles(leg.added)} ms`,
          bar: bars === undefined ? '' : bars.join(' / '),
          isMet:
            bars &&
            leg.added.p50 <= bars[0] &&
            leg.added.p95 <= bars[1] &&
            leg.added.p99 <= bars[2],
        },
        leg.concurrency === 16
          ? atLeast(`gateway, ${c}: requests/s`, leg.gatewayRps, 4_700)
          : plain(`gateway, ${c}: requests/s`, leg.gatewayRps.toFixed(0)),
        atMost(`gateway, ${c}: CPU µs/request`, leg.cpuMicrosPerRequest, 160),
      ];
    }),
    atMost('agent idle: anonymous MB', agent.idle.anonymousMb, 16),
    atMost('agent after 10,000 calls: anonymous MB', agent.afterCalls.anonymousMb, 40),
    plain('agent after 10,000 calls: resident MB', agent.afterCalls.residentMb.toFixed(1)),
    plain('cold start: p50 / p95 / max', `${coldQuantiles(cold.total)} ms`),
    plain('  runtime init: p50 / p95 / max', `${coldQuantiles(cold.init)} ms`),
    atMost("  platform's own share: p50 ms", cold.platform.p50, 20),
    atMost('20 cold calls at once, last: ms', cold.burstLastMs, 3_500),
    atMost('start of the program to the first answer: ms', result.firstAnswerMs, 2_000),
  ];
}

function makeApiRows({ getFunction, createToAnswer, burst, ...result }: ApiResult): Row[] {
  const count = result.functions.toString();
  return [
    atMost(`API: GetFunction among ${count} functions: p95 ms`, getFunction.p95, 10),
    plain('  p50 / p95 / p99', `${quantiles(getFunction)} ms`),
    atMost('API: CreateFunction to the first answer: p95 ms', createToAnswer.p95, 500),
    plain('  p50 / p95 / p99', `${quantiles(createToAnswer)} ms`),
    plain(`API: ${count} functions listed by pages of 50: ms`, result.listAllMs.toFixed(0)),
    atMost('  growth of the process over five times: MB', result.listGrowthMb, 100),
    atMost('API: 1,000 calls at once, not answered 200', burst.failed, 0),
    plain('  the last one after: ms', burst.lastMs.toFixed(0)),
  ];
}

function makeClusterRows({ newPod, poolHit, warm, agentMb, ...result }: ClusterResult): Row[] {
  return [
    bars('cluster: cold start, new pod: p50 / p95 ms', newPod.total, [750, 1_000]),
    plain('  runtime init: p50 / p95 / max', `${coldQuantiles(newPod.init)} ms`),
    bars('cluster: cold start, waiting pod: p50 / p95 ms', poolHit.total, [70, 120]),
    plain('  runtime init: p50 / p95 / max', `${coldQuantiles(poolHit.init)} ms`),
    plain('cluster: direct to the agent, c=1: p50 / p95 / p99', `${quantiles(warm.direct)} ms`),
    bars('cluster: home gateway adds, c=1: p50 / p95 / p99 ms', warm.homeAdds, [0.3, 0.8, 1.5]),
    ...(warm.otherAdds === undefined
      ? []
      : [plain('cluster: other gateway adds, c=1', `${quantiles(warm.otherAdds)} ms`)]),
    plain('cluster: 20 bare pods at once, last ready: ms', result.bare20LastMs.toFixed(0)),
    atMost('cluster: 20 cold calls at once, last: ms', result.burst20LastMs, 3_500),
    plain('cluster: 100 functions waking, last: s', (result.wake100LastMs / 1000).toFixed(1)),
    memory('cluster: agent in a pod, idle: anonymous MB', agentMb.idle, 16),
    memory('cluster: agent in a pod, after calls: anonymous MB', agentMb.afterCalls, 40),
  ];
}

function makePoolRows({ archiveBytes, legs }: PoolResult): Row[] {
  const size = `archive of ${(archiveBytes / 1e6).toFixed(1)} MB`;
  return legs.flatMap(({ name, calls, total, init, rest, parts }) => [
    bars(`pool hit, ${name}, ${size}, ${String(calls)} calls: p50 / p95 ms`, total, [70, 120]),
    plain('  runtime init: p50 / p95 / max', `${coldQuantiles(init)} ms`),
    plain('  all but that: p50 / p95 / max', `${coldQuantiles(rest)} ms`),
    ...Object.entries(parts).map(([part, took]) =>
      plain(`    ${part}: p50 / p95 / max`, `${coldQuantiles(took)} ms`),
    ),
  ]);
}

function makeAliasRows({ gateways, moves, acknowledged }: AliasResult): Row[] {
  const what = `an alias moves, ${String(gateways)} gateways, ${String(moves)} times`;
  return [plain(`${what}: p50 / p95 / max ms`, coldQuantiles(acknowledged))];
}

function makeHomesRows({ scaleOut, flood }: HomesResult): Row[] {
  return [
    ...scaleOut.map(({ gateways, homes, perSecond, perCpuSecond = Number.NaN }) =>
      plain(
        `one hot function, gateways: ${String(gateways)}`,
        `${rate(perSecond)}, ${perCpuSecond.toFixed(0)} per CPU second, homes: ${String(homes)}`,
      ),
    ),
    ...flood.map(({ what, callsPerSecond, operatorMilliCpu }) =>
      plain(
        `operators' CPU, ${what}, ${rate(callsPerSecond)}`,
        operatorMilliCpu === undefined ? 'not seen from here' : `${operatorMilliCpu.toFixed(1)} m`,
      ),
    ),
  ];
}

/** A bar for each of the first quantiles. */
function bars(what: string, { p50, p95, p99 }: Distribution, limits: readonly number[]): Row {
  const measured = [p50, p95, p99].slice(0, limits.length);
  const digits = p50 < 10 ? 2 : 0;
  return {
    what,
    measured: measured.map((value) => value.toFixed(digits)).join(' / '),
    bar: `≤ ${limits.join(' / ')}`,
    isMet: measured.every((value, index) => value <= (limits[index] ?? 0)),
  };
}

function memory(what: string, measuredMb: number | undefined, bar: number): Row {
  return measuredMb === undefined
    ? plain(what, 'not seen from here')
    : atMost(what, measuredMb, bar);
}

function plain(what: string, measured: string): Row {
  return { what, measured, bar: '', isMet: undefined };
}

function atMost(what: string, measured: number, bar: number): Row {
  return { what, measured: measured.toFixed(1), bar: `≤ ${String(bar)}`, isMet: measured <= bar };
}

function atLeast(what: string, measured: number, bar: number): Row {
  return { what, measured: measured.toFixed(0), bar: `≥ ${String(bar)}`, isMet: measured >= bar };
}

function quantiles({ p50, p95, p99 }: Distribution): string {
  return [p50, p95, p99].map((q) => q.toFixed(2)).join(' / ');
}

function coldQuantiles({ p50, p95, max }: Distribution): string {
  return [p50, p95, max].map((q) => q.toFixed(0)).join(' / ');
}

function rate(rps: number): string {
  return `${rps.toFixed(0)} rps`;
}

function toMark(isMet: boolean | undefined): string {
  if (isMet === undefined) return '';
  return isMet ? 'met' : 'MISSED';
}
