import {
  computePatienceMs,
  computeWanted,
  functionIdOf,
  isSameRevision,
  type FleetDemand,
  type RevisionKey,
} from '@mayfly/core';
import type { Demand } from './demands.ts';
import type { FleetState } from './fleet-state.ts';
import type { Member } from './members.ts';

/** How much of what gateways wait for is met by new execution environments, and when. */
export class DemandJudge {
  readonly #state: FleetState;

  constructor(state: FleetState) {
    this.#state = state;
  }

  judge(demand: Demand): FleetDemand {
    const { key, queued, patientSinceMs, waves } = demand;
    const { backoffs, paces } = this.#state;
    const notBeforeMs = backoffs.notBeforeMs(key);
    const pace = paces.of(functionIdOf(key));
    const wanted = computeWanted(queued, pace, waves);
    // Of a function of which nothing is known, only those wait that are too many to get one each at once.
    const isPatient = pace.isSeen || waves > 0 || wanted < queued;
    const patientUntilMs = isPatient ? patientSinceMs + this.#patienceMs(key) : 0;
    return { ...demand, queued: wanted, notBeforeMs: Math.max(notBeforeMs, patientUntilMs) };
  }

  /** Invocations begin to wait for what runs: decides again when their patience is over. */
  bePatient(key: RevisionKey): void {
    const patienceMs = this.#patienceMs(key);
    if (patienceMs > 0) this.#state.world.clock.after(patienceMs, this.#state.evaluate);
  }

  /** One has come: those that wait see first what it is good for. */
  noteCome(key: RevisionKey): void {
    const { demands, world } = this.#state;
    const isLast = !this.#ofRevision(key).some((one) => one.isStarting);
    if (demands.noteCome(key, { isLast, nowMs: world.clock.now() })) this.bePatient(key);
  }

  /** None when nothing that runs could serve those that wait. */
  #patienceMs(key: RevisionKey): number {
    const pace = this.#state.paces.of(functionIdOf(key));
    const isServed = this.#ofRevision(key).some((one) => one.isServing);
    return isServed ? computePatienceMs(pace) : 0;
  }

  #ofRevision(key: RevisionKey): readonly Member[] {
    return this.#state.members.of(functionIdOf(key)).filter((one) => isSameRevision(one.key, key));
  }
}
