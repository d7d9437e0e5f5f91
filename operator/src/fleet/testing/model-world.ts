import { makeLogger, makeRegistry } from '@mayfly/telemetry';
import { FakeClock } from '@mayfly/testkit';
import { makeOperatorMetrics } from '../../metrics.ts';
import { Fleet } from '../fleet.ts';
import { anEntry, FakeBook } from './fleet-bed.ts';
import { ModelGateway, type ModelCall } from './model-gateway.ts';
import { ModelLinkServer } from './model-links.ts';
import { ModelMachines, type ModelMachine } from './model-machines.ts';

/** `reserved` has a reservation of its own; the other two share what is left of the account. */
export const FUNCTIONS = ['reserved', 'one', 'two'] as const;
/** Nothing of it may ever run. */
export const CLOSED = 'closed';
const RESERVED = 2;
const ACCOUNT = 5;
const IDLE_MS = 20_000;
const SETTLE_MS = 1_000;

class ModelBook extends FakeBook {
  constructor() {
    super(300);
    this.entries.clear();
    for (const functionName of FUNCTIONS) {
      const limits = functionName === 'reserved' ? { reservedConcurrency: RESERVED } : {};
      const entry = anEntry({ functionName, idleMs: IDLE_MS, ...limits });
      this.entries.set(`default/${functionName}`, entry);
    }
    const closed = anEntry({ functionName: CLOSED, reservedConcurrency: 0 });
    this.entries.set(`default/${CLOSED}`, closed);
  }
}

/** Operators, gateways and machines of a small world in which everything can go wrong, and no time passes by itself. */
export class ModelWorld {
  readonly clock = new FakeClock();
  readonly machines = new ModelMachines();
  readonly gateways: ModelGateway[] = [];
  readonly calls: ModelCall[] = [];
  /** How often a gateway was told that an execution environment runs somebody else's invocation. */
  occupied = 0;
  #server = new ModelLinkServer();
  #fleet: Fleet;
  #ids = 0;

  constructor(gateways: number) {
    for (let n = 0; n < gateways; n += 1) this.gateways.push(this.#makeGateway(`g${String(n)}`));
    this.#fleet = this.#lead();
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let n = 0; n < 40; n += 1) await Promise.resolve();
  }

  invoke(gateway: number, fn: number | typeof CLOSED): void {
    const from = this.#gatewayAt(gateway);
    const functionName = fn === CLOSED ? CLOSED : (FUNCTIONS[fn % FUNCTIONS.length] ?? 'one');
    const key = { namespace: 'default', functionName, revision: 'r1' };
    const call: ModelCall = { key, from, outcome: undefined, settledTimes: 0, hops: 0 };
    this.calls.push(call);
    from.invoke(call);
  }

  /** Something that is on its way arrives. */
  deliver(gateway: number, direction: 'up' | 'down'): void {
    const at = this.#gatewayAt(gateway);
    if (direction === 'down') at.hear();
    else this.#server.hear(at.gatewayId, at.link);
  }

  flush(gateway: number): void {
    this.#gatewayAt(gateway).flush();
  }

  breakLink(gateway: number): void {
    this.#gatewayAt(gateway).link.break();
  }

  notice(gateway: number): void {
    this.#server.notice(this.#gatewayAt(gateway).gatewayId);
  }

  connect(gateway: number): void {
    this.#gatewayAt(gateway).connect();
  }

  drain(gateway: number): void {
    this.#gatewayAt(gateway).drain();
  }

  /** It ends, and another one of the same name begins. */
  restartGateway(gateway: number): void {
    const index = gateway % this.gateways.length;
    const before = this.#gatewayAt(index);
    before.kill();
    this.gateways[index] = this.#makeGateway(before.gatewayId);
  }

  /** Everything that is on its way to or from a gateway arrives. */
  async deliverAll(gateway: number): Promise<void> {
    const at = this.#gatewayAt(gateway);
    at.flush();
    for (let n = 0; n < 20 && at.link.up.length + at.link.down.length > 0; n += 1) {
      this.#server.hear(at.gatewayId, at.link);
      at.hear();
      await this.settle();
    }
  }

  /** From now on this function is too much for whoever is its home. */
  heat(fn: number | undefined): void {
    const name = fn === undefined ? undefined : FUNCTIONS[fn % FUNCTIONS.length];
    for (const gateway of this.gateways) {
      gateway.hotFunctionId = name === undefined ? undefined : `default/${name}`;
    }
  }

  tick(ms: number): void {
    for (const gateway of this.gateways) {
      const functionId = gateway.hotFunctionId;
      if (functionId === undefined) continue;
      const busiest = [{ functionId, perSecond: 100 }];
      gateway.say({ kind: 'load', utilisation: 0.95, perSecond: 100, busiest });
    }
    this.clock.step(ms);
  }

  complete(which: number): void {
    const running = this.machines.existing().filter(isWorking);
    running[which % running.length]?.running?.('completed');
  }

  advance(which: number): void {
    this.#withMachine(which, (machine) => {
      this.machines.advance(machine);
    });
  }

  killMachine(which: number): void {
    this.#withMachine(which, (machine) => {
      this.machines.kill(machine);
    });
  }

  /** The leader is gone; another one finds the machines, and in time hears of the gateways. */
  changeLeader(): void {
    this.#fleet.close();
    this.#server.isClosed = true;
    for (const { link } of this.gateways) link.break();
    this.#server = new ModelLinkServer();
    this.#fleet = this.#lead();
  }

  /** Nothing goes wrong any more, and everything that is under way arrives. */
  async calmDown(rounds: number): Promise<void> {
    this.heat(undefined);
    for (let round = 0; round < rounds; round += 1) {
      for (const [index, { gatewayId, isDraining }] of this.gateways.entries()) {
        if (isDraining) this.restartGateway(index);
        this.#server.notice(gatewayId);
        this.connect(index);
      }
      await this.#hearAll();
      for (const machine of this.machines.existing()) {
        if (isWorking(machine)) machine.running?.('completed');
        this.machines.advance(machine);
      }
      this.machines.finishEndings();
      await this.#hearAll();
      this.tick(500);
      await this.#hearAll();
    }
  }

  /** Messages that the operator has sent. */
  get sent(): number {
    return this.#server.sent;
  }

  /** Messages that have reached it. */
  get heard(): number {
    return this.#server.heard;
  }

  /** What exists of each limit that must hold, and the limit. */
  pools(): readonly { readonly exist: number; readonly limit: number }[] {
    const all = this.machines.existing();
    const of = (name: string): number => all.filter((m) => m.key.functionName === name).length;
    return [
      { exist: of('reserved'), limit: RESERVED },
      { exist: of('one') + of('two'), limit: ACCOUNT - RESERVED },
      { exist: of(CLOSED), limit: 0 },
    ];
  }

  destroy(): void {
    this.#fleet.close();
  }

  async #hearAll(): Promise<void> {
    for (let n = 0; n < 50; n += 1) {
      await this.settle();
      for (const gateway of this.gateways) gateway.flush();
      const isQuiet = this.gateways.every((g) => g.link.up.length + g.link.down.length === 0);
      if (isQuiet) return;
      for (const gateway of this.gateways) {
        this.#server.hear(gateway.gatewayId, gateway.link);
        gateway.hear();
      }
    }
  }

  #gatewayAt(index: number): ModelGateway {
    const gateway = this.gateways[index % this.gateways.length];
    if (gateway === undefined) throw new Error('the world has no gateway');
    return gateway;
  }

  #withMachine(which: number, act: (machine: ModelMachine) => void): void {
    const existing = this.machines.existing();
    const machine = existing[which % existing.length];
    if (machine !== undefined) act(machine);
  }

  #makeGateway(gatewayId: string): ModelGateway {
    return new ModelGateway(gatewayId, {
      machines: this.machines,
      nowMs: () => this.clock.now(),
      gateway: (id) => this.gateways.find((one) => one.gatewayId === id),
      onOccupied: () => {
        this.occupied += 1;
      },
    });
  }

  #lead(): Fleet {
    const fleet = new Fleet({
      clock: this.clock,
      driver: this.machines,
      link: this.#server,
      functions: new ModelBook(),
      logger: makeLogger({ level: 'silent' }),
      metrics: makeOperatorMetrics(makeRegistry()),
      makeId: () => `e${String((this.#ids += 1))}`,
      identity: { region: 'us-east-1', accountId: '000000000000' },
      limits: { accountConcurrency: ACCOUNT, maxStarting: 10, startsPerSecond: 10 },
      settleMs: SETTLE_MS,
      decisionGapMs: 0,
    });
    fleet.start(this.machines.found());
    fleet.settleSoon();
    return fleet;
  }
}

/** One that was given an invocation before it was ready keeps it until it is. */
function isWorking({ state, running }: ModelMachine): boolean {
  return state === 'ready' && running !== undefined;
}
