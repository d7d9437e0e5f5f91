import { zipInline } from '@mayfly/code';
import { describe, it } from 'vitest';
import { invoke, start, START_MS, usePoolWorld, type PoolWorld } from './pool-world.ts';

const HANDLER = 'index.look';
/** Says everything that a function can see of how it was started. */
const SOURCE = `
exports.look = async () => ({
  startedMs: performance.timeOrigin,
  heapBytes: require('node:v8').getHeapStatistics().heap_size_limit,
  env: process.env, argv: process.argv, execArgv: process.execArgv, cwd: process.cwd(),
  child: require('node:child_process').execFileSync('/bin/sh', ['-c', 'echo "$NODE_OPTIONS$OWN"']).toString(),
});`;
/** What the image has anyway; but a process reads it when it starts. */
const SAME_LANGUAGE = { LANG: 'en_US.UTF-8' };
const OWN = { OWN: "it's mine" };
/** Each start has its own. */
const LOG_STREAM = 'AWS_LAMBDA_LOG_STREAM_NAME';

interface Look {
  readonly startedMs: number;
  readonly heapBytes: number;
  readonly env: Readonly<Record<string, string>>;
  readonly child: string;
}

function useNodePool(): Promise<PoolWorld> {
  const runtime = 'nodejs24.x';
  return zipInline({ runtime, handler: HANDLER, source: SOURCE }).then((archive) =>
    usePoolWorld({ runtime, memorySize: 512, archive }),
  );
}

/** What a function sees, and whether its process ran before it was wanted. */
async function look(
  world: PoolWorld,
  overrides: Parameters<typeof start>[1],
): Promise<Look & { readonly hadHeadStart: boolean }> {
  await world.full();
  const wantedMs = Date.now();
  const id = await start(world, { handler: HANDLER, ...overrides });
  const seen = JSON.parse(await invoke(world, id, '{}')) as Look;
  return { ...seen, hadHeadStart: seen.startedMs < wantedMs };
}

describe('Node.js in a spare pod', { timeout: 4 * START_MS }, () => {
  it('has started before its function, which cannot tell', async ({ expect }) => {
    const world = await useNodePool();
    const early = await look(world, { environmentVariables: OWN });
    const late = await look(world, { environmentVariables: { ...OWN, ...SAME_LANGUAGE } });
    expect([early.hadHeadStart, late.hadHeadStart]).toEqual([true, false]);
    expect(world.seen).toEqual(['hit exact', 'hit exact']);
    expect(early.child).toBe("it's mine\n");
    const { startedMs: _early, hadHeadStart: _was, ...seenEarly } = early;
    const { startedMs: _late, hadHeadStart: _wasNot, ...seenLate } = late;
    const { [LOG_STREAM]: stream, MAYFLY_EXECUTION_ENVIRONMENT_ID: id } = late.env;
    const same = { [LOG_STREAM]: stream, MAYFLY_EXECUTION_ENVIRONMENT_ID: id };
    expect({ ...seenEarly, env: { ...early.env, ...same } }).toEqual(seenLate);
  });

  it('starts anew for a function of another size, whose heap it has', async ({ expect }) => {
    const world = await useNodePool();
    const [of512, of256] = [await look(world, {}), await look(world, { memorySizeMb: 256 })];
    expect([of512.hadHeadStart, of256.hadHeadStart]).toEqual([true, false]);
    expect(of256.heapBytes).toBeLessThan(of512.heapBytes);
    expect(world.seen).toEqual(['hit exact', 'hit resized']);
  });
});
