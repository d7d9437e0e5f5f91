import {
  revisionIdOf,
  type Clock,
  type FleetLinkServer,
  type GatewayEvent,
  type ObservedOutcomes,
  type ObservedRevision,
  type RolloutOutcomes,
} from '@mayfly/core';

interface Watched {
  readonly revision: ObservedRevision;
  /** What it is counted for: a new one begins at zero. */
  readonly occasion: string;
  sums: RolloutOutcomes;
}

/**
 * Lets all gateways count what comes of invocations of the revisions that somebody watches, and adds it up. What
 * was counted is gone with the operator that leads: the next one begins at zero.
 */
export class Observations {
  readonly #link: FleetLinkServer;
  readonly #clock: Clock;
  readonly #gatewayIds = new Set<string>();
  readonly #watched = new Map<string, Watched>();
  readonly #listeners: ((watcher: string) => void)[] = [];

  constructor({ link, clock }: { readonly link: FleetLinkServer; readonly clock: Clock }) {
    this.#link = link;
    this.#clock = clock;
  }

  /** Hears the gateways from now on. Returns the way to stop. */
  start(): () => void {
    return this.#link.onEvent((event) => {
      this.#onEvent(event);
    });
  }

  /** Watches a revision, instead of what was watched before. Goes on adding up on the same occasion. */
  watch(watcher: string, revision: ObservedRevision, occasion: string): void {
    const known = this.#watched.get(watcher);
    if (known?.occasion === occasion && idOf(known.revision) === idOf(revision)) return;
    const sums = { sinceMs: this.#clock.now(), invocations: 0, errors: 0, slow: 0 };
    this.#watched.set(watcher, { revision, occasion, sums });
    this.#sayAll();
  }

  /** Watches nothing any more. */
  unwatch(watcher: string): void {
    if (this.#watched.delete(watcher)) this.#sayAll();
  }

  /** What was counted for a watcher; undefined: it watches nothing. */
  of(watcher: string): RolloutOutcomes | undefined {
    return this.#watched.get(watcher)?.sums;
  }

  /** Calls back with every watcher for which there is more. */
  onNews(listener: (watcher: string) => void): void {
    this.#listeners.push(listener);
  }

  #onEvent(event: GatewayEvent): void {
    switch (event.kind) {
      case 'connected':
        this.#gatewayIds.add(event.hello.gatewayId);
        // Also when it is nothing: an operator before us may have wanted more.
        this.#say(event.hello.gatewayId);
        return;
      case 'disconnected':
        this.#gatewayIds.delete(event.gatewayId);
        return;
      case 'message':
        if (event.message.kind !== 'outcomes') return;
        for (const outcomes of event.message.outcomes) this.#add(outcomes);
    }
  }

  #add(outcomes: ObservedOutcomes): void {
    for (const [watcher, watched] of this.#watched) {
      if (idOf(watched.revision) !== idOf(outcomes)) continue;
      const { sinceMs, invocations, errors, slow } = watched.sums;
      watched.sums = {
        sinceMs,
        invocations: invocations + outcomes.invocations,
        errors: errors + outcomes.errors,
        slow: slow + outcomes.slow,
      };
      for (const listener of this.#listeners) listener(watcher);
    }
  }

  #sayAll(): void {
    for (const gatewayId of this.#gatewayIds) this.#say(gatewayId);
  }

  #say(gatewayId: string): void {
    const wanted = new Map([...this.#watched.values()].map((each) => [idOf(each.revision), each]));
    const revisions = [...wanted.values()].map(({ revision }) => revision);
    this.#link.send(gatewayId, { kind: 'observe', revisions });
  }
}

function idOf({ key, slowMs }: ObservedRevision): string {
  return `${revisionIdOf(key)} ${slowMs?.toString() ?? ''}`;
}
