import {
  decideShares,
  decideSpread,
  noteLoad,
  parseFunctionId,
  type GatewayHello,
  type GatewayLoad,
  type LoadReport,
  type SpreadState,
} from '@mayfly/core';
import { labelsOf, type FleetState } from './fleet-state.ts';
import type { Handovers } from './handovers.ts';
import type { Member } from './members.ts';

/** So long what gateways were told by the operator before counts: some come late. */
const LEARNS_FOR_MS = 10_000;

/** Gives functions that are too hot for one gateway more homes, and takes them back. */
export class Spreading {
  readonly #state: FleetState;
  readonly #handovers: Handovers;
  readonly #loads = new Map<string, GatewayLoad>();
  readonly #learnsUntilMs: number;
  #spread: ReadonlyMap<string, SpreadState> = new Map();

  constructor(state: FleetState, handovers: Handovers) {
    this.#state = state;
    this.#learnsUntilMs = state.world.clock.now() + LEARNS_FOR_MS;
    this.#handovers = handovers;
  }

  /** What the operator before has decided holds, until this one knows better. */
  learn({ spread = [] }: GatewayHello): void {
    const { gateways, world } = this.#state;
    const isOver = gateways.isSettled && world.clock.now() > this.#learnsUntilMs;
    if (isOver || spread.length === 0) return;
    const known = new Map(this.#spread);
    for (const { functionId, homes } of spread) {
      if ((known.get(functionId)?.homes ?? 1) >= homes) continue;
      known.set(functionId, { homes, changedMs: world.clock.now(), calmSinceMs: undefined });
    }
    this.#apply(known);
  }

  noteLoad(gatewayId: string, report: LoadReport): void {
    const nowMs = this.#state.world.clock.now();
    this.#loads.set(gatewayId, noteLoad(this.#loads.get(gatewayId), report, nowMs));
  }

  forgetGateway(gatewayId: string): void {
    this.#loads.delete(gatewayId);
  }

  /** Looks at what the gateways have told. To be called about once a second. */
  decide(): void {
    const { gateways, world } = this.#state;
    if (!gateways.isSettled || (this.#loads.size === 0 && this.#spread.size === 0)) return;
    const nowMs = world.clock.now();
    const { serving } = gateways;
    const facts = { gateways: serving, loads: this.#loads, spread: this.#spread, nowMs };
    if (this.#apply(decideSpread(facts))) this.#handovers.moveHome();
    for (const functionId of this.#spread.keys()) this.#share(functionId);
  }

  /** False when no function has other homes than before. */
  #apply(spread: ReadonlyMap<string, SpreadState>): boolean {
    const before = this.#spread;
    this.#spread = spread;
    const homes = new Map([...spread].map(([functionId, state]) => [functionId, state.homes]));
    if (!this.#state.gateways.setSpread(homes)) return false;
    this.#tell(before);
    return true;
  }

  #tell(before: ReadonlyMap<string, SpreadState>): void {
    const { metrics, logger } = this.#state.world;
    for (const functionId of new Set([...before.keys(), ...this.#spread.keys()])) {
      const homes = this.#spread.get(functionId)?.homes ?? 1;
      if (homes === (before.get(functionId)?.homes ?? 1)) continue;
      const key = parseFunctionId(functionId);
      if (homes > 1) metrics.homes.set(labelsOf(key), homes);
      else metrics.homes.remove(labelsOf(key));
      logger.info({ ...key, homes }, 'function has other homes');
    }
  }

  #share(functionId: string): void {
    const { gateways, members } = this.#state;
    const homes = gateways.homesOf(functionId);
    if (homes.length < 2) return;
    const staying = members
      .of(functionId)
      .filter(({ state, isRevoked }) => state !== 'terminating' && !isRevoked);
    for (const ofRevision of Map.groupBy(staying, ({ key }) => key.revision).values()) {
      this.#shareRevision(ofRevision, homes);
    }
  }

  #shareRevision(members: readonly Member[], homes: readonly string[]): void {
    const shares = members.map(({ executionEnvironmentId, state, idleSinceMs, ...member }) => ({
      executionEnvironmentId,
      gatewayId: member.destinationId ?? member.holderId,
      isIdle: state === 'idle',
      idleSinceMs,
    }));
    for (const { executionEnvironmentId, to } of decideShares(shares, homes)) {
      const member = this.#state.members.get(executionEnvironmentId);
      if (member !== undefined) this.#handovers.move(member, to);
    }
  }
}
