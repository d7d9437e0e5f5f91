import fc from 'fast-check';
import { describe, it, type ExpectStatic } from 'vitest';
import { CLOSED, FUNCTIONS, ModelWorld } from './testing/model-world.ts';

type Step = (world: ModelWorld) => void | Promise<void>;

type Act = (world: ModelWorld, a: number, b: number) => void | Promise<void>;

/**
 * The same worlds each time. Another seed, and more runs, look further: 9,000 runs each of the seeds 1539786746 and
 * 20261121 were clean, and 5,000 runs each of 20261121 and 424242 since machines take invocations before they are ready.
 */
const SEED = 6;
const index = fc.nat(11);

function step(
  weight: number,
  name: string,
  act: Act,
): { weight: number; arbitrary: fc.Arbitrary<Step> } {
  const arbitrary = fc.tuple(index, index).map<Step>(([a, b]) =>
    Object.assign((world: ModelWorld) => act(world, a, b), {
      [fc.toStringMethod]: () => `${name}(${a.toString()}, ${b.toString()})`,
    }),
  );
  return { weight, arbitrary };
}

/** What happens all the time. */
const course = fc.oneof(
  step(8, 'invoke', (world, gateway, fn) => {
    world.invoke(gateway, fn);
  }),
  step(1, 'invokeClosed', (world, gateway) => {
    world.invoke(gateway, CLOSED);
  }),
  step(2, 'rush', (world, gateway, fn) => {
    for (let n = 0; n < 5; n += 1) world.invoke(gateway + n, fn);
  }),
  step(8, 'deliver', (world, gateway, direction) => {
    world.deliver(gateway, direction % 2 === 0 ? 'up' : 'down');
  }),
  step(8, 'deliverAll', (world, gateway) => world.deliverAll(gateway)),
  step(3, 'flush', (world, gateway) => {
    world.flush(gateway);
  }),
  step(6, 'complete', (world, which) => {
    world.complete(which);
  }),
  step(8, 'advance', (world, which) => {
    world.advance(which);
  }),
  step(3, 'finishEndings', (world) => {
    world.machines.finishEndings();
  }),
  step(4, 'tick', (world, which) => {
    world.tick([1, 300, 1_000, 1_000, 3_000][which % 5] ?? 1);
  }),
  step(1, 'heat', (world, fn) => {
    world.heat(fn % 4 === 3 ? undefined : fn);
  }),
  step(1, 'hotSeconds', async (world, fn) => {
    world.heat(fn);
    for (let second = 0; second < 3; second += 1) {
      world.tick(1_000);
      for (let gateway = 0; gateway < world.gateways.length; gateway += 1) {
        await world.deliverAll(gateway);
      }
    }
  }),
  step(2, 'connect', (world, gateway) => {
    world.connect(gateway);
  }),
);

/** What goes wrong. */
const fault = fc.oneof(
  step(2, 'breakLink', (world, gateway) => {
    world.breakLink(gateway);
  }),
  step(2, 'notice', (world, gateway) => {
    world.notice(gateway);
  }),
  step(2, 'restartGateway', (world, gateway) => {
    world.restartGateway(gateway);
  }),
  step(1, 'drain', (world, gateway) => {
    world.drain(gateway);
  }),
  step(2, 'killMachine', (world, which) => {
    world.killMachine(which);
  }),
  step(1, 'changeLeader', (world) => {
    world.changeLeader();
  }),
);

const steps = fc.array(
  fc.oneof({ weight: 8, arbitrary: course }, { weight: 1, arbitrary: fault }),
  { minLength: 20, maxLength: 150, size: 'max' },
);
const peaceful = fc.array(course, { minLength: 20, maxLength: 150, size: 'max' });
const gatewayCount = fc.integer({ min: 1, max: 4 });

function checkLimits(world: ModelWorld, expect: ExpectStatic): void {
  for (const { exist, limit } of world.pools()) expect(exist).toBeLessThanOrEqual(limit);
  for (const { settledTimes } of world.calls) expect(settledTimes).toBeLessThanOrEqual(1);
}

/** A world in which everything has begun, after all of this. */
async function live(
  gateways: number,
  acts: readonly Step[],
  expect: ExpectStatic,
): Promise<ModelWorld> {
  const world = new ModelWorld(gateways);
  await world.calmDown(6);
  for (const act of acts) {
    await act(world);
    await world.settle();
    checkLimits(world, expect);
  }
  return world;
}

describe('operators and gateways, whatever happens to them', { timeout: 120_000 }, () => {
  it('never exceed a limit, forget nobody, and serve again when it is over', async ({ expect }) => {
    await fc.assert(
      fc.asyncProperty(gatewayCount, steps, async (gateways, acts) => {
        const world = await live(gateways, acts, expect);
        await world.calmDown(30);
        checkLimits(world, expect);
        expect(world.calls.filter(({ outcome }) => outcome === undefined)).toEqual([]);
        for (let n = 0; n < gateways * FUNCTIONS.length; n += 1) {
          world.invoke(n % gateways, Math.floor(n / gateways));
          await world.calmDown(8);
          checkLimits(world, expect);
          expect(world.calls.at(-1)?.outcome).toBe('completed');
        }
        // A minute until there is one home again, and the idle time.
        for (let n = 0; n < 200 && world.machines.existing().length > 0; n += 1)
          await world.calmDown(1);
        expect(world.machines.existing()).toEqual([]);
        world.destroy();
      }),
      { numRuns: 120, seed: SEED },
    );
  });

  // Shrunk from a world of seed 1539786746: the operator counts one less with each grant, and nobody told it of another.
  it('serve a call that came before a grant was heard, although what was granted then dies', async ({
    expect,
  }) => {
    const world = new ModelWorld(1);
    await world.calmDown(6);
    world.invoke(0, 2);
    await world.deliverAll(0);
    world.invoke(0, 2);
    for (let n = 0; n < 2; n += 1) {
      world.advance(0);
      await world.settle();
    }
    world.deliver(0, 'down');
    await world.settle();
    expect(world.machines.existing().map(({ running }) => running !== undefined)).toEqual([true]);
    world.killMachine(0);
    await world.calmDown(8);
    expect(world.calls.map(({ outcome }) => outcome)).toEqual(['broken', 'completed']);
    world.destroy();
  });

  it('give each execution environment to one gateway, as long as nobody restarts', async ({
    expect,
  }) => {
    await fc.assert(
      fc.asyncProperty(gatewayCount, peaceful, async (gateways, acts) => {
        const world = await live(gateways, acts, expect);
        await world.calmDown(10);
        expect(world.occupied).toBe(0);
        expect(new Set(world.calls.map(({ outcome }) => outcome))).not.toContain('broken');
        world.destroy();
      }),
      { numRuns: 120, seed: SEED },
    );
  });
});
