import {
  isSameRevision,
  revisionIdOf,
  type FleetDemand,
  type Outlook,
  type RevisionKey,
} from '@mayfly/core';

/** What one gateway waits for, of one revision. */
export interface Demand extends Omit<FleetDemand, 'notBeforeMs'> {
  readonly sinceMs: number;
  /** How often all that were started for it had come, and it was still there. */
  readonly waves: number;
  /** Since when it has waited for what runs to become free. */
  readonly patientSinceMs: number;
  /** What the gateway was told since it said it last. */
  told: Pick<Outlook, 'coming' | 'refusal'> | undefined;
}

/** What each gateway waits for. */
export class Demands {
  readonly #demands = new Map<string, Demand>();

  /** Replaces what the gateway said before of this revision. */
  set(
    gatewayId: string,
    key: RevisionKey,
    { queued, nowMs }: { queued: number; nowMs: number },
  ): void {
    const id = idOf(gatewayId, key);
    const before = this.#demands.get(id);
    if (queued === 0) this.#demands.delete(id);
    else {
      const first = { sinceMs: nowMs, patientSinceMs: nowMs, waves: 0 };
      this.#demands.set(id, { ...first, ...before, gatewayId, key, queued, told: undefined });
    }
  }

  get(gatewayId: string, key: RevisionKey): { readonly sinceMs: number } | undefined {
    return this.#demands.get(idOf(gatewayId, key));
  }

  all(): readonly Demand[] {
    return [...this.#demands.values()];
  }

  /** False when this is what the gateway was told last. */
  noteOutlook(gatewayId: string, { key, coming, refusal }: Omit<Outlook, 'gatewayId'>): boolean {
    const demand = this.#demands.get(idOf(gatewayId, key));
    if (demand === undefined) return true;
    const { told } = demand;
    if (told?.coming === coming && told.refusal === refusal) return false;
    demand.told = { coming, refusal };
    return true;
  }

  /** What it was told holds no more. */
  forgetOutlook(gatewayId: string, key: RevisionKey): void {
    const demand = this.#demands.get(idOf(gatewayId, key));
    if (demand !== undefined) demand.told = undefined;
  }

  /** One more execution environment has come for it; the gateway says itself what is left. */
  noteGrant(gatewayId: string, key: RevisionKey): void {
    const id = idOf(gatewayId, key);
    const demand = this.#demands.get(id);
    if (demand === undefined) return;
    if (demand.queued <= 1) this.#demands.delete(id);
    // It counts one less as coming by itself: what it was told holds no more.
    else this.#demands.set(id, { ...demand, queued: demand.queued - 1, told: undefined });
  }

  /**
   * One more of this revision has come: it is seen for a while what it is good for. `isLast` of those that were started
   * together: who waits on after that needs more than was thought. False when nobody waits.
   */
  noteCome(key: RevisionKey, { isLast, nowMs }: { isLast: boolean; nowMs: number }): boolean {
    let isAnybody = false;
    for (const [id, demand] of this.#demands) {
      if (!isSameRevision(demand.key, key)) continue;
      const waves = demand.waves + (isLast ? 1 : 0);
      this.#demands.set(id, { ...demand, waves, patientSinceMs: nowMs });
      isAnybody = true;
    }
    return isAnybody;
  }

  /** The gateways that wait for this revision. */
  waitingFor(key: RevisionKey): readonly string[] {
    return this.all()
      .filter((demand) => revisionIdOf(demand.key) === revisionIdOf(key))
      .map(({ gatewayId }) => gatewayId);
  }

  /** The gateway is gone, or says everything anew. */
  forgetGateway(gatewayId: string): void {
    for (const [id, demand] of this.#demands) {
      if (demand.gatewayId === gatewayId) this.#demands.delete(id);
    }
  }
}

function idOf(gatewayId: string, key: RevisionKey): string {
  return `${gatewayId}/${revisionIdOf(key)}`;
}
