import { functionIdOf, type RevisionKey, type StartDurations } from '@mayfly/core';
import { LATEST } from '@mayfly/lambda-api';
import type { Endings } from './endings.ts';
import type { FleetState } from './fleet-state.ts';
import type { Member } from './members.ts';

/** Who holds which execution environment: granting, moving from one gateway to another, taking back. */
export class Handovers {
  readonly #state: FleetState;
  readonly #endings: Endings;

  constructor(state: FleetState, endings: Endings) {
    this.#state = state;
    this.#endings = endings;
  }

  /** Gives an idle one to the gateway that it is for, or to the home of its function. */
  grant(member: Member, start?: StartDurations): void {
    const { demands, gateways } = this.#state;
    const gatewayId = this.#pickGateway(member);
    if (gatewayId === undefined || member.address === undefined) {
      member.orphan();
      return;
    }
    const { executionEnvironmentId, key, address, isProvisioned } = member;
    demands.noteGrant(gatewayId, key);
    Object.assign(member, { state: 'idle', holderId: gatewayId, isOrphan: false });
    member.destinationId = undefined;
    gateways.send(gatewayId, {
      kind: 'grant',
      executionEnvironment: {
        executionEnvironmentId,
        ...key,
        ...address,
        version: this.#state.entryOf(member)?.version ?? LATEST,
        isProvisioned,
        ...(start === undefined ? {} : { start }),
      },
    });
  }

  /** Asks the holder for it; `released` grants it to the other gateway. A busy one finishes what it runs. */
  move(member: Member, to: string): void {
    const { holderId, executionEnvironmentId } = member;
    const isMovable = member.state === 'idle' || member.state === 'busy';
    if (holderId === undefined || holderId === to || member.isRevoked || !isMovable) return;
    if (member.state === 'idle') member.state = 'moving';
    member.destinationId = to;
    this.#state.gateways.send(holderId, { kind: 'revoke', executionEnvironmentId });
    this.#state.noteCounts(member.key);
  }

  /**
   * Sends every one to a home of its function: the gateways have changed, or the homes. What is at one of them, or on
   * its way there, is at home.
   */
  moveHome(): void {
    for (const member of this.#state.members.all()) {
      const homes = this.#state.gateways.homesOf(functionIdOf(member.key));
      if (homes.includes(member.destinationId ?? member.holderId ?? '')) continue;
      const home = this.#pickHome(member.key, homes);
      if (home !== undefined) this.move(member, home);
    }
  }

  /** Its holder has given it back. */
  onReleased(member: Member): void {
    // Found dead, and asked for at the same time.
    if (member.state === 'terminating') return;
    const isServed = this.#state.entryOf(member) !== undefined;
    // The answer to what was asked when it was another's: since then it has been granted to this one anew.
    if (member.destinationId === undefined && !member.isRevoked && isServed) return;
    const isMoving = member.destinationId !== undefined && !member.isRevoked;
    member.holderId = undefined;
    if (!isMoving || !isServed) {
      void this.#endings.destroy(member.executionEnvironmentId);
    } else if (member.address === undefined) {
      // Older than this operator, which has not been told where it is.
      member.orphan();
    } else {
      member.idleSinceMs = this.#state.world.clock.now();
      this.grant(member);
      this.#state.noteCounts(member.key);
    }
  }

  #pickGateway(member: Member): string | undefined {
    const { demands, gateways } = this.#state;
    const { destinationId } = member;
    if (destinationId !== undefined && gateways.isServing(destinationId)) return destinationId;
    const waiting = demands.waitingFor(member.key).find((id) => gateways.isServing(id));
    return waiting ?? this.#pickHome(member.key, gateways.homesOf(functionIdOf(member.key)));
  }

  /** The one that has the fewest of the function's, or gets the fewest. */
  #pickHome(key: RevisionKey, homes: readonly string[]): string | undefined {
    if (homes.length < 2) return homes[0];
    const counts = new Map(homes.map((home) => [home, 0]));
    for (const { destinationId, holderId } of this.#state.members.of(functionIdOf(key))) {
      const at = destinationId ?? holderId ?? '';
      const count = counts.get(at);
      if (count !== undefined) counts.set(at, count + 1);
    }
    return [...counts].sort(([, a], [, b]) => a - b)[0]?.[0];
  }
}
