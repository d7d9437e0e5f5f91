import { describe, it } from 'vitest';
import type { LoadReport } from '../ports/fleet-link.ts';
import { rankGateways } from '../routing/home.ts';
import { decideSpread, noteLoad, type GatewayLoad, type SpreadState } from './spread.ts';

const HOT = 'default/hot';
const GATEWAYS = ['a', 'b', 'c'].map((gatewayId) => ({ gatewayId }));
const RANKED = rankGateways(HOT, GATEWAYS).map(({ gatewayId }) => gatewayId);

function aReport(utilisation: number, overrides: Partial<LoadReport> = {}): LoadReport {
  return {
    utilisation,
    perSecond: 1000,
    busiest: [{ functionId: HOT, perSecond: 900 }],
    ...overrides,
  };
}

/** Decides once a second, as the operator does. */
class World {
  readonly loads = new Map<string, GatewayLoad>();
  spread: ReadonlyMap<string, SpreadState> = new Map();
  gateways: readonly { gatewayId: string }[] = GATEWAYS;
  nowMs = 0;

  get homes(): number {
    return this.spread.get(HOT)?.homes ?? 1;
  }

  run(seconds: number, report: (gatewayId: string) => LoadReport | undefined): this {
    for (let second = 0; second < seconds; second += 1) {
      this.nowMs += 1000;
      for (const { gatewayId } of this.gateways) {
        const said = report(gatewayId);
        if (said === undefined) continue;
        this.loads.set(gatewayId, noteLoad(this.loads.get(gatewayId), said, this.nowMs));
      }
      this.spread = decideSpread(this);
    }
    return this;
  }
}

const onlyAt =
  (home: string | undefined, report: LoadReport) =>
  (gatewayId: string): LoadReport | undefined =>
    gatewayId === home ? report : undefined;

describe('how many homes a function has', () => {
  it('is one more when its home has too much to do, and one more again', ({ expect }) => {
    const world = new World().run(2, onlyAt(RANKED[0], aReport(0.9)));
    expect(world.homes).toBe(2);
    world.run(3, onlyAt(RANKED[1], aReport(0.9)));
    expect(world.homes).toBe(3);
    world.run(20, () => aReport(0.99));
    expect(world.homes).toBe(3);
  });

  it('is one while the load is bearable, lasts a second, or is not of the function', ({
    expect,
  }) => {
    const bearable = new World().run(20, onlyAt(RANKED[0], aReport(0.7)));
    const short = new World().run(1, onlyAt(RANKED[0], aReport(0.95)));
    const others = aReport(0.95, { busiest: [{ functionId: HOT, perSecond: 400 }] });
    const ofOthers = new World().run(20, onlyAt(RANKED[0], others));
    const idle = new World().run(20, onlyAt(RANKED[0], aReport(0.95, { busiest: [] })));

    expect([bearable, short, ofOthers, idle].map(({ homes }) => homes)).toEqual([1, 1, 1, 1]);
  });

  it('is not changed by a gateway that is not its home', ({ expect }) => {
    expect(new World().run(10, onlyAt(RANKED[2], aReport(0.95))).homes).toBe(1);
  });

  it('is one less only after a calm minute, and the calm must last', ({ expect }) => {
    const world = new World().run(2, onlyAt(RANKED[0], aReport(0.9)));
    world.run(55, () => undefined);
    world.run(1, () => aReport(0.5));
    world.run(60, () => undefined);
    expect(world.homes).toBe(2);
    world.run(10, () => undefined);
    expect(world.homes).toBe(1);
    expect(world.spread.size).toBe(0);
  });

  it('does not go to and fro where one home has too much and two have half of that', ({
    expect,
  }) => {
    const world = new World().run(2, onlyAt(RANKED[0], aReport(0.8)));
    const half = aReport(0.4);
    world.run(300, (gatewayId) => (RANKED.indexOf(gatewayId) < 2 ? half : undefined));
    expect(world.homes).toBe(2);
  });

  it('is remembered while a gateway is being replaced', ({ expect }) => {
    const world = new World().run(6, () => aReport(0.9));
    expect(world.homes).toBe(3);
    world.gateways = GATEWAYS.slice(0, 2);
    world.run(30, () => aReport(0.9));
    expect(world.homes).toBe(3);
    world.gateways = [];
    world.run(300, () => undefined);
    expect(world.homes).toBe(3);
  });
});
