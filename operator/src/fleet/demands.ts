import { functionIdOf, type FleetDemand, type RevisionKey } from '@mayfly/core';

const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;

interface Demand extends FleetDemand {
  readonly sinceMs: number;
  readonly failures: number;
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
      const { sinceMs, failures, notBeforeMs } = before ?? {
        sinceMs: nowMs,
        failures: 0,
        notBeforeMs: 0,
      };
      this.#demands.set(id, { gatewayId, key, queued, sinceMs, failures, notBeforeMs });
    }
  }

  get(gatewayId: string, key: RevisionKey): { readonly sinceMs: number } | undefined {
    return this.#demands.get(idOf(gatewayId, key));
  }

  all(): readonly FleetDemand[] {
    return [...this.#demands.values()];
  }

  /** One more execution environment has come for it; the gateway says itself what is left. */
  noteGrant(gatewayId: string, key: RevisionKey): void {
    const id = idOf(gatewayId, key);
    const demand = this.#demands.get(id);
    if (demand === undefined) return;
    if (demand.queued <= 1) this.#demands.delete(id);
    else this.#demands.set(id, { ...demand, queued: demand.queued - 1, failures: 0 });
  }

  /** None could be made: nobody who waits for this revision gets another try at once. */
  noteFailure(key: RevisionKey, nowMs: number): void {
    for (const [id, demand] of this.#demands) {
      if (revisionIdOf(demand.key) !== revisionIdOf(key)) continue;
      // 0.5 s, 1 s, 2 s … 30 s
      const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** demand.failures, LONGEST_BACKOFF_MS);
      const failures = demand.failures + 1;
      this.#demands.set(id, { ...demand, failures, notBeforeMs: nowMs + backoffMs });
    }
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

function revisionIdOf(key: RevisionKey): string {
  return `${functionIdOf(key)}/${key.revision}`;
}

function idOf(gatewayId: string, key: RevisionKey): string {
  return `${gatewayId}/${revisionIdOf(key)}`;
}
