import {
  functionIdOf,
  type ExecutionEnvironmentProbe,
  type FoundExecutionEnvironment,
  type GatewayHello,
} from '@mayfly/core';
import type { Endings } from './endings.ts';
import type { FleetState } from './fleet-state.ts';
import type { Handovers } from './handovers.ts';
import type { Member } from './members.ts';
import type { Starts } from './starts.ts';

const PROBE_DEADLINE_MS = 3_000;
const MAX_FAILED_PROBES = 5;

/**
 * Finds holders for the execution environments that have none: those of a gateway that has gone, and at the
 * start those of the operator before. Nothing is ended that may run an invocation.
 */
export class Adoption {
  readonly #state: FleetState;
  readonly #endings: Endings;
  readonly #handovers: Handovers;
  readonly #starts: Starts;

  constructor(
    state: FleetState,
    parts: { endings: Endings; handovers: Handovers; starts: Starts },
  ) {
    this.#state = state;
    this.#endings = parts.endings;
    this.#handovers = parts.handovers;
    this.#starts = parts.starts;
  }

  /** Takes over what an earlier operator made. Counted from now on, claimed by the hello of its gateway. */
  takeOver(found: readonly FoundExecutionEnvironment[]): void {
    for (const one of found) {
      this.#state.members.add(one).orphan();
      this.#state.noteCounts(one.key);
    }
  }

  /** What the gateway holds is its own; what it should hold and does not was lost on the way. */
  onHello({ gatewayId, holding }: GatewayHello): void {
    const { members } = this.#state;
    const held = new Set(holding.map((one) => one.executionEnvironmentId));
    const lost = members
      .all()
      .filter((m) => m.holderId === gatewayId && !held.has(m.executionEnvironmentId));
    for (const member of lost) this.#onLost(member);
    for (const one of holding) this.#onHeld(gatewayId, one);
  }

  #onHeld(gatewayId: string, one: GatewayHello['holding'][number]): void {
    const { members, gateways } = this.#state;
    const { executionEnvironmentId } = one;
    const member = members.get(executionEnvironmentId);
    if (member === undefined || member.state === 'terminating') {
      gateways.send(gatewayId, { kind: 'gone', executionEnvironmentId });
    } else if (member.isOrphan || member.holderId === gatewayId) {
      this.#claim(member, gatewayId, one);
    } else {
      // Another one has it by now. Not `gone`: what it runs here may finish.
      gateways.send(gatewayId, { kind: 'revoke', executionEnvironmentId });
    }
  }

  /** The gateway does not answer any more; what it held may still be running its last invocation. */
  onGatewayGone(gatewayId: string): void {
    for (const member of this.#state.members.all()) {
      if (member.holderId !== gatewayId || member.state === 'terminating') continue;
      member.orphan();
      this.#state.noteCounts(member.key);
    }
    this.adoptAll();
  }

  /** Looks after every orphan. */
  adoptAll(): void {
    for (const member of this.#state.members.all()) {
      if (member.isOrphan) void this.adopt(member);
    }
  }

  /** One that nobody has says something of itself. */
  onNews(member: Member): void {
    member.news += 1;
    void this.adopt(member);
  }

  /** Asks one that nobody has how it is, and finds it a place. */
  async adopt(member: Member): Promise<void> {
    const { world } = this.#state;
    if (!member.isOrphan || member.isBeingProbed || !this.#hasPlace(member)) return;
    member.isBeingProbed = true;
    const { executionEnvironmentId } = member;
    const newsBefore = member.news;
    const deadline = AbortSignal.timeout(PROBE_DEADLINE_MS);
    const probe = await world.driver.probe(executionEnvironmentId, deadline);
    member.isBeingProbed = false;
    // Its gateway may have come back, or it may have ended, while it was asked.
    if (!this.#isStillOrphan(member)) return;
    if (member.news === newsBefore) this.#place(member, probe);
    else await this.adopt(member);
  }

  #isStillOrphan(member: Member): boolean {
    return member.isOrphan && member.state !== 'terminating';
  }

  /** A home, or no need of one because it is to end. */
  #hasPlace(member: Member): boolean {
    const { gateways } = this.#state;
    const isUnwanted = member.isRevoked || this.#state.entryOf(member) === undefined;
    if (isUnwanted) return gateways.isSettled;
    return gateways.homesOf(functionIdOf(member.key)).length > 0;
  }

  #place(member: Member, probe: ExecutionEnvironmentProbe): void {
    const { world } = this.#state;
    const { executionEnvironmentId, key } = member;
    if (probe.kind === 'unusable') {
      member.failedProbes += 1;
      // A machine that is busy with starting others answers late: asked again at the next tick.
      if (member.failedProbes < MAX_FAILED_PROBES) return;
      world.logger.warn({ ...key, executionEnvironmentId, reason: probe.message }, 'not adopted');
      void this.#endings.destroy(executionEnvironmentId);
      return;
    }
    member.failedProbes = 0;
    // It runs an invocation of a gateway that is gone: asked again later.
    if (probe.kind === 'busy') return;
    const entry = this.#state.entryOf(member);
    if (entry === undefined || member.isRevoked) {
      void this.#endings.destroy(executionEnvironmentId);
      return;
    }
    member.isOrphan = false;
    member.address = { address: probe.address, token: probe.token };
    if (probe.kind === 'idle') {
      member.idleSinceMs = world.clock.now();
      this.#handovers.grant(member);
    } else {
      member.state = 'starting';
      if (probe.kind === 'waiting') void this.#starts.assign(member, entry);
      else this.#starts.expectReady(member, entry);
    }
    world.logger.info({ ...key, executionEnvironmentId, state: probe.kind }, 'adopted');
    this.#state.noteCounts(key);
    this.#state.evaluate();
  }

  #claim(member: Member, gatewayId: string, one: GatewayHello['holding'][number]): void {
    member.isOrphan = false;
    member.holderId = gatewayId;
    if (member.destinationId !== undefined || member.isRevoked) {
      const { executionEnvironmentId } = member;
      this.#state.gateways.send(gatewayId, { kind: 'revoke', executionEnvironmentId });
    }
    if (one.isBusy) member.state = 'busy';
    else member.state = member.destinationId === undefined ? 'idle' : 'moving';
    member.idleSinceMs = this.#state.world.clock.now() - (one.isBusy ? 0 : one.idleMs);
    this.#state.noteCounts(member.key);
  }

  /** It was given back, or was never granted: either message was lost with the link. */
  #onLost(member: Member): void {
    if (member.state === 'terminating') return;
    if (member.destinationId !== undefined || member.isRevoked) this.#handovers.onReleased(member);
    else member.orphan();
  }
}
