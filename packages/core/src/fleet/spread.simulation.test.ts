import { describe, it } from 'vitest';
import { findHomes } from '../routing/home.ts';
import { decideSpread, noteLoad, type GatewayLoad, type SpreadState } from './spread.ts';

const HOT = 'default/hot';
/** What a gateway can do in a second. */
const CAPACITY = 1_000;
/** What passing an invocation on costs, where serving one costs 1. */
const FORWARDING = 0.8;

/** A second of a function that is called as often as it is answered, at each gateway as often as at any other. */
function simulateSecond(
  gateways: readonly { readonly gatewayId: string }[],
  homes: ReadonlySet<string>,
  offered: number,
): { readonly answered: number; readonly loads: ReadonlyMap<string, number> } {
  const came = 1 / gateways.length;
  const passedOn = (gateways.length - homes.size) * came;
  const costs = new Map(
    gateways.map(({ gatewayId }) => [
      gatewayId,
      homes.has(gatewayId) ? came + passedOn / homes.size : came * FORWARDING,
    ]),
  );
  const answered = Math.min(offered, CAPACITY / Math.max(...costs.values()));
  const loads = [...costs].map(([id, cost]) => [id, (answered * cost) / CAPACITY] as const);
  return { answered, loads: new Map(loads) };
}

/** Seconds of it, with the operator deciding after each; answers per second at the end. */
function simulate(count: number, offeredAt: (second: number) => number, seconds: number) {
  const gateways = Array.from({ length: count }, (_, n) => ({ gatewayId: `g${n.toString()}` }));
  const loads = new Map<string, GatewayLoad>();
  let spread: ReadonlyMap<string, SpreadState> = new Map();
  const history: { homes: number; answered: number }[] = [];
  for (let second = 1; second <= seconds; second += 1) {
    const nowMs = second * 1000;
    const found = findHomes(HOT, gateways, spread.get(HOT)?.homes ?? 1);
    const homes = new Set(found.map(({ gatewayId }) => gatewayId));
    const done = simulateSecond(gateways, homes, offeredAt(second));
    history.push({ homes: homes.size, answered: done.answered });
    for (const [gatewayId, utilisation] of done.loads) {
      const perSecond = utilisation * CAPACITY;
      const busiest = homes.has(gatewayId) ? [{ functionId: HOT, perSecond }] : [];
      const report = { utilisation, perSecond, busiest };
      loads.set(gatewayId, noteLoad(loads.get(gatewayId), report, nowMs));
    }
    spread = decideSpread({ gateways, loads, spread, nowMs });
  }
  return history;
}

describe('a simulated function that is called without end', () => {
  it('is answered as often as all gateways together can, half a minute after it has begun', ({
    expect,
  }) => {
    const answered = [1, 2, 3, 4, 8].map((count) =>
      Math.round(simulate(count, () => Infinity, 30).at(-1)?.answered ?? 0),
    );

    expect(answered).toEqual([1_000, 2_000, 3_000, 4_000, 8_000]);
  });

  it('has as many homes as it needs, no more, and keeps them while the load is steady', ({
    expect,
  }) => {
    const history = simulate(4, () => 1_300, 600).slice(30);
    expect(new Set(history.map(({ homes }) => homes)).size).toBe(1);
    expect(history[0]?.homes).toBeLessThan(4);
    expect(Math.min(...history.map(({ answered }) => answered))).toBe(1_300);
  });

  it('has one home again some minutes after it is calm', ({ expect }) => {
    const history = simulate(4, (second) => (second < 60 ? Infinity : 50), 400);
    expect(history[59]?.homes).toBe(4);
    expect(history.at(-1)).toEqual({ homes: 1, answered: 50 });
  });
});
