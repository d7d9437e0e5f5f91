import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { PlatformProcess } from './platform-process.ts';
import { toDistribution, type Distribution } from './quantiles.ts';

const BURST = 20;
const PAUSE_MS = 700;

/** Cold starts, in milliseconds. */
export interface ColdStarts {
  /** First call of a function, as its caller sees it. */
  readonly total: Distribution;
  /** Of that: start of the runtime until it asks for work, as REPORT says. */
  readonly init: Distribution;
  /** Of that: the rest, less the handler's own time: what the platform adds. */
  readonly platform: Distribution;
  /** 20 calls at once on one cold function: when the last one was answered. */
  readonly burstLastMs: number;
}

/** Calls functions that nothing runs of: one after the other, then one of them 20 times at once. */
export async function measureColdStarts(
  platform: PlatformProcess,
  names: { readonly functions: readonly string[]; readonly burst: string },
): Promise<ColdStarts> {
  const calls: { totalMs: number; initMs: number; durationMs: number }[] = [];
  for (const name of names.functions) {
    // Time for the next agent to be started ahead, as between the cold starts of real traffic.
    await pause(PAUSE_MS);
    calls.push(await coldCall(platform, name));
  }
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: BURST }, () => coldCall(platform, names.burst)));
  return {
    total: toDistribution(calls.map((c) => c.totalMs)),
    init: toDistribution(calls.map((c) => c.initMs)),
    platform: toDistribution(calls.map((c) => c.totalMs - c.initMs - c.durationMs)),
    burstLastMs: performance.now() - startedMs,
  };
}

async function coldCall(
  platform: PlatformProcess,
  name: string,
): Promise<{ totalMs: number; initMs: number; durationMs: number }> {
  const { host, port, path } = platform.target(name, '{}');
  const startedMs = performance.now();
  const response = await fetch(`http://${host}:${String(port)}${path}`, {
    method: 'POST',
    body: '{}',
    headers: { 'x-amz-log-type': 'Tail' },
  });
  await response.arrayBuffer();
  const totalMs = performance.now() - startedMs;
  if (response.status !== 200) throw new Error(`${name} answered ${String(response.status)}`);
  const tail = Buffer.from(response.headers.get('x-amz-log-result') ?? '', 'base64').toString();
  const read = (label: string): number =>
    Number(new RegExp(`\\t${label}: ([\\d.]+) ms`).exec(tail)?.[1] ?? '0');
  return { totalMs, initMs: read('Init Duration'), durationMs: read('Duration') };
}
