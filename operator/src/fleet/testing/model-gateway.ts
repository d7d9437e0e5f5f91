import {
  AdmissionQueue,
  findHomes,
  type AdmissionOutcome,
  type GatewayMember,
  type GatewayMessage,
  type GrantedExecutionEnvironment,
  type OperatorMessage,
  type RevisionKey,
} from '@mayfly/core';
import { ModelLink } from './model-links.ts';
import type { ModelMachines } from './model-machines.ts';

/** One invocation, from the caller's view. */
export interface ModelCall {
  readonly key: RevisionKey;
  readonly from: ModelGateway;
  outcome: AdmissionOutcome['kind'] | 'completed' | 'broken' | undefined;
  settledTimes: number;
  hops: number;
}

/** What all gateways of a world share. */
export interface ModelWorldView {
  readonly machines: ModelMachines;
  readonly nowMs: () => number;
  readonly gateway: (gatewayId: string) => ModelGateway | undefined;
  readonly onOccupied: () => void;
}

const MAX_HOPS = 20;

/** A gateway's part in the play: the real queue, homes as they are told, and nothing on a socket. */
export class ModelGateway {
  readonly gatewayId: string;
  readonly #world: ModelWorldView;
  readonly #calls = new Set<ModelCall>();
  readonly queue: AdmissionQueue;
  link = new ModelLink();
  isAlive = true;
  isDraining = false;
  members: readonly GatewayMember[] | undefined;
  spread: ReadonlyMap<string, number> = new Map();
  /** The function that makes it hot. */
  hotFunctionId: string | undefined;

  constructor(gatewayId: string, world: ModelWorldView) {
    this.gatewayId = gatewayId;
    this.#world = world;
    this.link.isBroken = true;
    this.queue = new AdmissionQueue({
      maxQueueLength: 50,
      send: (message) => {
        this.say(message);
      },
    });
  }

  say(message: GatewayMessage): void {
    if (!this.link.isBroken) this.link.up.push({ kind: 'message', message });
  }

  /** Begins a link with whoever leads. */
  connect(): void {
    if (!this.isAlive || !this.link.isBroken) return;
    this.link = new ModelLink();
    const hello = {
      gatewayId: this.gatewayId,
      address: `${this.gatewayId}:8082`,
      isDraining: this.isDraining,
      spread: [...this.spread].map(([functionId, homes]) => ({ functionId, homes })),
      ...this.queue.hello(this.#world.nowMs()),
    };
    this.link.up.push({ kind: 'hello', hello });
  }

  /** The oldest thing that is on its way to us arrives. */
  hear(): void {
    const message = this.link.down.shift();
    if (message === undefined || !this.isAlive) return;
    this.queue.receive(message, this.#world.nowMs());
    if (message.kind === 'members') this.members = message.gateways;
    if (message.kind === 'spread') this.#setSpread(message);
    if (message.kind === 'members' || message.kind === 'spread') this.#moveAway();
  }

  /** What is said later than at once. */
  flush(): void {
    if (!this.isAlive) return;
    this.queue.flushDemand();
    const activity = this.queue.drainActivity();
    if (activity !== undefined) this.say(activity);
  }

  drain(): void {
    if (!this.isAlive || this.isDraining) return;
    this.isDraining = true;
    this.say({ kind: 'draining' });
    this.#moveAway();
  }

  /** Ends at once: callers see their connections break, what runs goes on to its end. */
  kill(): void {
    this.isAlive = false;
    this.link.break();
    for (const call of [...this.#calls]) this.#settle(call, 'broken');
  }

  /** The way in for every call. */
  invoke(call: ModelCall): void {
    call.hops += 1;
    // A gateway that has not been told who is there is not ready: no Service sends it anything.
    if (!this.isAlive || this.members === undefined || call.hops > MAX_HOPS) {
      this.#settle(call, 'broken');
      return;
    }
    const homes = this.#homesOf(call.key);
    const isHome = homes.length === 0 || homes.includes(this.gatewayId);
    if (isHome || this.queue.hasIdle(call.key)) {
      this.#serve(call);
      return;
    }
    const turned = [...homes.slice(call.hops % homes.length), ...homes];
    const target = turned
      .map((id) => this.#world.gateway(id))
      .find((gateway) => gateway?.isAlive === true);
    (target ?? this).#serve(call);
  }

  #serve(call: ModelCall): void {
    if (this.queue.hasIdle(call.key)) {
      this.#admit(call);
      return;
    }
    const homes = this.#homesOf(call.key);
    const isHome = homes.includes(this.gatewayId);
    const fellow = homes
      .filter((id) => isHome && id !== this.gatewayId)
      .map((id) => this.#world.gateway(id))
      .find((gateway) => gateway?.isAlive === true && gateway.queue.hasIdle(call.key));
    (fellow ?? this).#admit(call);
  }

  #admit(call: ModelCall): void {
    this.#calls.add(call);
    const settle = (outcome: AdmissionOutcome): void => {
      // As a promise that is resolved: nothing happens inside of the queue's own work.
      queueMicrotask(() => {
        this.#onOutcome(call, outcome);
      });
    };
    const outcome = this.queue.admit(call.key, { settle }, this.#world.nowMs());
    if (outcome.kind !== 'queued') settle(outcome);
  }

  #onOutcome(call: ModelCall, outcome: AdmissionOutcome): void {
    if (!this.isAlive || !this.#calls.delete(call)) return;
    if (outcome.kind === 'admitted') this.#run(call, outcome.executionEnvironment);
    else if (outcome.kind === 'moved') call.from.invoke(call);
    else this.#settle(call, outcome.kind);
  }

  #run(call: ModelCall, { executionEnvironmentId }: GrantedExecutionEnvironment): void {
    const machine = this.#world.machines.get(executionEnvironmentId);
    call.hops += 1;
    if (machine === undefined) {
      this.queue.markDead(executionEnvironmentId, { message: 'refused', isLost: false });
      this.#again(call);
      return;
    }
    if (machine.running !== undefined) {
      this.#world.onOccupied();
      this.queue.markOccupied(executionEnvironmentId);
      this.#again(call);
      return;
    }
    this.#calls.add(call);
    machine.running = (how) => {
      machine.running = undefined;
      if (!this.isAlive) return;
      this.#settle(call, how);
      if (how === 'completed') this.queue.complete(executionEnvironmentId, this.#world.nowMs());
      else this.queue.markDead(executionEnvironmentId, { message: 'broke', isLost: false });
    };
  }

  #again(call: ModelCall): void {
    if (call.hops > MAX_HOPS) this.#settle(call, 'broken');
    else this.#admit(call);
  }

  #settle(call: ModelCall, outcome: NonNullable<ModelCall['outcome']>): void {
    this.#calls.delete(call);
    call.outcome = outcome;
    call.settledTimes += 1;
  }

  #setSpread({ functions }: OperatorMessage & { kind: 'spread' }): void {
    this.spread = new Map(functions.map(({ functionId, homes }) => [functionId, homes]));
  }

  #moveAway(): void {
    this.queue.moveAway((functionId) => {
      const homes = this.#homesOfId(functionId);
      return homes.length === 0 || homes.includes(this.gatewayId);
    });
  }

  #homesOf({ namespace, functionName }: RevisionKey): readonly string[] {
    return this.#homesOfId(`${namespace}/${functionName}`);
  }

  #homesOfId(functionId: string): readonly string[] {
    const known = this.members ?? [];
    const others = known.filter(({ gatewayId }) => gatewayId !== this.gatewayId);
    const count = this.spread.get(functionId) ?? 1;
    return findHomes(functionId, this.isDraining ? others : known, count).map((g) => g.gatewayId);
  }
}
