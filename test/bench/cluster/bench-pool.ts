import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { zipFolder } from '@mayfly/code';
import { eventually } from '@mayfly/testkit';
import { toDistribution, type Distribution } from '../quantiles.ts';
import { loadClient, timeCall, type TimedCall } from './calls.ts';
import {
  createArchive,
  createFunctions,
  deleteArchive,
  deleteFunctions,
  getPods,
  install,
  NAMESPACE,
  serviceHost,
  setPool,
} from './release.ts';
import { untilQuiet } from './until-quiet.ts';

/** First calls of one kind. Milliseconds. */
export interface PoolLeg {
  readonly name: string;
  readonly calls: number;
  readonly total: Distribution;
  readonly init: Distribution;
  /** All but the runtime's init. */
  readonly rest: Distribution;
  /** By the parts that the platform tells apart, in the order in which they pass. */
  readonly parts: Readonly<Record<string, Distribution>>;
}

/** First calls of functions that find a pod waiting, one after the other. */
export interface PoolResult {
  readonly archiveBytes: number;
  readonly legs: readonly PoolLeg[];
}

const HANDLER = 'exports.handler = async (event) => event;';
const ARCHIVE_BYTES = 1_000_000;
/** What cannot be packed smaller: the archive is as large as that. */
const FILLER_BYTES = ARCHIVE_BYTES - 1_000;
const ARCHIVE = 'bench-pool-code';
const CALLS = 40;
const POOL = { runtime: 'nodejs24.x', memorySize: 256, size: 2 };
const LEGS = [
  { name: 'same size', memorySize: 256 },
  { name: 'resized', memorySize: 128 },
] as const;
const SPARE_DEADLINE_MS = 60_000;

/** Measures hits of a pool: of the function's own memory size, and of another. */
export async function benchPool(): Promise<PoolResult> {
  install();
  deleteFunctions();
  deleteArchive(ARCHIVE);
  const archive = await makeArchive();
  createArchive(ARCHIVE, archive);
  setPool(POOL);
  try {
    await loadClient(serviceHost());
    const legs: PoolLeg[] = [];
    for (const leg of LEGS) legs.push(await measure(leg));
    return { archiveBytes: archive.length, legs };
  } finally {
    deleteFunctions();
    deleteArchive(ARCHIVE);
    setPool(undefined);
  }
}

async function makeArchive(): Promise<Buffer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'mayfly-bench-'));
  try {
    writeFileSync(path.join(folder, 'index.js'), HANDLER);
    writeFileSync(path.join(folder, 'filler.bin'), randomBytes(FILLER_BYTES));
    return await zipFolder(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measure({ name, memorySize }: (typeof LEGS)[number]): Promise<PoolLeg> {
  const prefix = `bench-pool-${String(memorySize)}`;
  const names = Array.from({ length: CALLS }, (_, n) => `${prefix}-${String(n)}`);
  const code = { zip: { configMap: { name: ARCHIVE, key: 'code.zip' } } };
  const spec = { runtime: 'nodejs24.x', handler: 'index.handler', memorySize, timeout: 60, code };
  createFunctions(names, spec);
  const calls: TimedCall[] = [];
  for (const each of names) {
    await untilPoolIsFull();
    calls.push(await timeCall(serviceHost(), each));
  }
  deleteFunctions();
  const initOf = ({ initMs }: TimedCall): number => initMs;
  return {
    name,
    calls: calls.length,
    total: toDistribution(calls.map(({ totalMs }) => totalMs)),
    init: toDistribution(calls.map(initOf)),
    rest: toDistribution(calls.map((call) => call.totalMs - initOf(call))),
    parts: toParts(calls),
  };
}

function toParts(calls: readonly TimedCall[]): Record<string, Distribution> {
  const names = new Set(calls.flatMap(({ parts }) => [...parts.keys()]));
  const sampleOf = (name: string): number[] => calls.map(({ parts }) => parts.get(name) ?? 0);
  return Object.fromEntries([...names].map((name) => [name, toDistribution(sampleOf(name))]));
}

/** As between the cold starts of real traffic: every spare pod waits, and the machine is done with making them. */
async function untilPoolIsFull(): Promise<void> {
  await eventually(
    () => {
      const waiting = getPods('mayfly.dev/pool', NAMESPACE).filter(({ status }) =>
        (status.conditions ?? []).some((one) => one.type === 'Ready' && one.status === 'True'),
      );
      if (waiting.length < POOL.size) throw new Error(`${String(waiting.length)} spare pods wait`);
    },
    { timeoutMs: SPARE_DEADLINE_MS },
  );
  await untilQuiet();
}
