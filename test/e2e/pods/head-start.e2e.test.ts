import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { zipFolder } from '@mayfly/code';
import { useTemporaryFolder } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { invoke, start, START_MS, usePoolWorld, type PoolWorld } from './pool-world.ts';

const HANDLER = 'index.look';
/** Says everything that a function can see of how it was started, and whether it finds what its code brings. */
const SOURCE = `
const load = (library) => {
  try { process.dlopen({ exports: {} }, library); } catch (error) { return error.message; }
};
exports.look = async () => ({
  startedMs: performance.timeOrigin,
  heapBytes: require('node:v8').getHeapStatistics().heap_size_limit,
  env: process.env, argv: process.argv, execArgv: process.execArgv, cwd: process.cwd(),
  library: load('libprobe.so'),
  child: require('node:child_process').execFileSync('/bin/sh', ['-c', 'echo "$NODE_OPTIONS$OWN"']).toString(),
});`;
/** What the image has anyway; but a process reads it when it starts. */
const SAME_LANGUAGE = { LANG: 'en_US.UTF-8' };
const OWN = { OWN: "it's mine" };
/** Each pod has its own. */
const OF_ITS_POD = ['AWS_LAMBDA_LOG_STREAM_NAME', 'HOSTNAME', 'MAYFLY_EXECUTION_ENVIRONMENT_ID'];

interface Look {
  readonly startedMs: number;
  readonly heapBytes: number;
  readonly env: Readonly<Record<string, string>>;
  readonly child: string;
  readonly library: string;
}

interface Sight extends Look {
  /** Whether its process ran before it was wanted. */
  readonly hadHeadStart: boolean;
}

async function useNodePool(): Promise<PoolWorld> {
  const folder = await useTemporaryFolder();
  writeFileSync(path.join(folder, 'index.js'), SOURCE);
  mkdirSync(path.join(folder, 'lib'));
  writeFileSync(path.join(folder, 'lib', 'libprobe.so'), 'no library '.repeat(20));
  const archive = await zipFolder(folder);
  return usePoolWorld({ runtime: 'nodejs24.x', memorySize: 512, archive });
}

/** What a function sees that gets the spare pod. */
async function look(world: PoolWorld, overrides: Parameters<typeof start>[1]): Promise<Sight> {
  await world.full();
  const wantedMs = Date.now();
  const id = await start(world, { handler: HANDLER, ...overrides });
  const seen = JSON.parse(await invoke(world, id, '{}')) as Look;
  return { ...seen, hadHeadStart: seen.startedMs < wantedMs };
}

function comparable({ startedMs: _ms, hadHeadStart: _had, env, ...seen }: Sight): object {
  const common = Object.entries(env).filter(([name]) => !OF_ITS_POD.includes(name));
  return { ...seen, env: Object.fromEntries(common) };
}

describe('Node.js in a spare pod', { timeout: 4 * START_MS }, () => {
  it('has started before its function, which cannot tell', async ({ expect }) => {
    const world = await useNodePool();
    const early = await look(world, { environmentVariables: OWN });
    const late = await look(world, { environmentVariables: { ...OWN, ...SAME_LANGUAGE } });
    expect([early.hadHeadStart, late.hadHeadStart]).toEqual([true, false]);
    expect(world.seen).toEqual(['hit exact', 'hit exact']);
    expect(early.child).toBe("it's mine\n");
    expect(early.library).toBe('/var/task/lib/libprobe.so: invalid ELF header');
    expect(comparable(early)).toEqual(comparable(late));
  });

  it('starts anew for a function of another size, whose heap it has', async ({ expect }) => {
    const world = await useNodePool();
    const [of512, of256] = [await look(world, {}), await look(world, { memorySizeMb: 256 })];
    expect([of512.hadHeadStart, of256.hadHeadStart]).toEqual([true, false]);
    expect(of256.heapBytes).toBeLessThan(of512.heapBytes);
    expect(world.seen).toEqual(['hit exact', 'hit resized']);
  });
});
