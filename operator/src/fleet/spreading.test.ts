import { rankGateways } from '@mayfly/core';
import { describe, it, onTestFinished } from 'vitest';
import { CLOSED, FUNCTIONS, ModelWorld } from './testing/model-world.ts';

const ONE = FUNCTIONS.indexOf('one');

async function useWorld(gateways: number): Promise<ModelWorld> {
  const world = new ModelWorld(gateways);
  onTestFinished(() => {
    world.destroy();
  });
  await world.calmDown(6);
  return world;
}

async function passSeconds(world: ModelWorld, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    world.tick(1_000);
    await deliverEverything(world);
  }
}

async function deliverEverything(world: ModelWorld): Promise<void> {
  for (let gateway = 0; gateway < world.gateways.length; gateway += 1) {
    await world.deliverAll(gateway);
  }
}

/** As many execution environments of the function as its limit allows. */
async function fill(world: ModelWorld): Promise<void> {
  for (let n = 0; n < 3; n += 1) world.invoke(0, ONE);
  for (let n = 0; n < 4; n += 1) {
    await passSeconds(world, 1);
    for (const machine of world.machines.existing()) world.machines.advance(machine);
  }
  for (const machine of world.machines.existing()) machine.running?.('completed');
  await passSeconds(world, 1);
}

function homesAt(world: ModelWorld): readonly (number | undefined)[] {
  return world.gateways.map(({ spread }) => spread.get('default/one'));
}

/** How many execution environments each gateway has, in the order of the homes. */
function heldByRank(world: ModelWorld): readonly number[] {
  return rankGateways('default/one', world.gateways).map(
    ({ queue }) => queue.hello(world.clock.now()).holding.length,
  );
}

describe('a function that is too hot', () => {
  it('gets one more home after the other, and every gateway knows', async ({ expect }) => {
    const world = await useWorld(3);
    world.heat(ONE);
    await passSeconds(world, 3);
    expect(homesAt(world)).toEqual([2, 2, 2]);
    await passSeconds(world, 4);
    expect(homesAt(world)).toEqual([3, 3, 3]);
  });

  it('has its execution environments at all of its homes', async ({ expect }) => {
    const world = await useWorld(3);
    await fill(world);
    expect(heldByRank(world)).toEqual([3, 0, 0]);
    world.heat(ONE);
    await passSeconds(world, 10);
    expect(heldByRank(world)).toEqual([1, 1, 1]);
  });

  it('keeps its homes under the next leader, whose gateways come one by one', async ({
    expect,
  }) => {
    const world = await useWorld(3);
    world.heat(ONE);
    await passSeconds(world, 8);
    world.heat(undefined);
    world.changeLeader();
    for (const gateway of [1, 0, 2]) {
      world.connect(gateway);
      await passSeconds(world, 1);
    }
    expect(homesAt(world)).toEqual([3, 3, 3]);
    await passSeconds(world, 130);
    expect(homesAt(world)).toEqual([undefined, undefined, undefined]);
  });

  it('has nothing move while calls come to its homes in turns', async ({ expect }) => {
    const world = await useWorld(2);
    world.heat(ONE);
    await passSeconds(world, 3);
    expect(homesAt(world)).toEqual([2, 2]);
    await fill(world);
    await passSeconds(world, 3);
    const before = world.sent;
    for (let n = 0; n < 200; n += 1) {
      world.invoke(n, ONE);
      await world.settle();
      world.complete(0);
      if (n % 20 === 0) await passSeconds(world, 1);
    }
    expect(world.sent - before).toBe(0);
    expect(world.calls.every(({ outcome }) => outcome === 'completed')).toBe(true);
  });
});

describe('a flood of calls that are throttled', () => {
  it.for([
    { why: 'the limit is used up', fn: ONE },
    { why: 'the function may not run', fn: CLOSED },
  ] as const)('costs as many messages as a small one where $why', async ({ fn }, { expect }) => {
    const messagesOf = async (calls: number): Promise<number> => {
      const world = await useWorld(3);
      await fill(world);
      for (let n = 0; n < 3; n += 1) world.invoke(n, ONE);
      await passSeconds(world, 1);
      const before = world.heard + world.sent;
      for (let n = 0; n < calls; n += 1) {
        world.invoke(n, fn);
        if (n % (calls / 10) === 0) await passSeconds(world, 1);
        await deliverEverything(world);
      }
      const throttled = world.calls.filter(({ outcome }) => outcome === 'throttled');
      // The first of each second waits until the operator has answered.
      expect(throttled.length).toBeGreaterThan(calls - 20);
      return world.heard + world.sent - before;
    };
    const few = await messagesOf(100);

    expect(await messagesOf(5_000)).toBe(few);
    // Once a second a refusal is asked for again: it may have been lifted and the word lost.
    expect(few).toBeLessThan(10 * 8);
  });
});
