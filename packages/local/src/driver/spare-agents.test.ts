import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { PoolObserver } from '@mayfly/core';
import { aCreateRequest, eventually, useTemporaryFolder } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import type { LocalPool } from './spare-agents.ts';
import { startLocalWorld } from './driver-fixture.ts';
import type { ProcessExecutionEnvironmentDriver } from './process-execution-environment-driver.ts';

const NODE = 'nodejs24.x';
const OTHER = 'provided.al2023';

interface World {
  readonly driver: ProcessExecutionEnvironmentDriver;
  /** `hit nodejs24.x`, `miss empty`. */
  readonly seen: string[];
  /** How many wait, by runtime. */
  readonly ready: Map<string, string>;
  agents(): Promise<number>;
}

async function useWorld(spareAgents: number, pools: readonly LocalPool[]): Promise<World> {
  const stateDir = await useTemporaryFolder();
  const seen: string[] = [];
  const ready = new Map<string, string>();
  const poolObserver: PoolObserver = {
    hit: ({ runtime }) => seen.push(`hit ${runtime}`),
    miss: ({ reason }) => seen.push(`miss ${reason}`),
    count: ({ runtime }, counts) =>
      ready.set(runtime, `${counts.ready.toString()}/${counts.wanted.toString()}`),
  };
  const { driver } = await startLocalWorld(stateDir, { spareAgents, pools, poolObserver });
  onTestFinished(() => driver.close());
  const agents = async (): Promise<number> =>
    (await readdir(path.join(stateDir, 'environments'))).length;
  return { driver, seen, ready, agents };
}

function aRequest(id: string, runtime: string): ReturnType<typeof aCreateRequest> {
  return { ...aCreateRequest(id), runtime };
}

describe('agents started ahead for one runtime', () => {
  it('are for its functions, before those for every runtime', async ({ expect }) => {
    const { driver, seen, ready } = await useWorld(1, [{ runtime: NODE, size: 1 }]);
    await eventually(() => {
      expect([...ready]).toEqual([
        [NODE, '1/1'],
        ['any', '1/1'],
      ]);
    });
    await driver.create(aRequest('a', NODE));
    await driver.create(aRequest('b', NODE));
    expect(seen).toEqual([`hit ${NODE}`, 'hit any']);
    expect([...ready.values()]).toEqual(['0/1', '0/1']);
    await eventually(() => {
      expect([...ready.values()]).toEqual(['1/1', '1/1']);
    });
  });

  it('are not for others, which say why they found none', async ({ expect }) => {
    const { driver, seen, ready } = await useWorld(0, [{ runtime: NODE, size: 1 }]);
    await eventually(() => {
      expect(ready.get(NODE)).toBe('1/1');
    });
    await driver.create(aRequest('a', OTHER));
    await driver.create(aRequest('b', NODE));
    await driver.create(aRequest('c', NODE));
    expect(seen).toEqual(['miss no_pool', `hit ${NODE}`, 'miss empty']);
  });

  it('are none, and nothing is counted, where none are wanted', async ({ expect }) => {
    const { driver, seen, ready, agents } = await useWorld(0, []);
    await driver.create(aRequest('a', NODE));
    expect(await agents()).toBe(1);
    expect([seen, ready.size]).toEqual([[], 0]);
  });
});
