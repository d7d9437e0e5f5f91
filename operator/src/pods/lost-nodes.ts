import type { Clock } from '@mayfly/core';

/** By then Kubernetes itself has noticed, and schedules nothing there. */
const AVOIDED_MS = 60_000;
const MOST_AVOIDED = 20;

/**
 * Nodes where somebody was to be met and nobody was. Kubernetes needs most of a minute to call a node lost;
 * until then its scheduler sends pods there, and likes to, because there is room.
 */
export class LostNodes {
  readonly #clock: Clock;
  readonly #sinceMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(nodeName: string): void {
    this.#sinceMs.delete(nodeName);
    this.#sinceMs.set(nodeName, this.#clock.now());
  }

  /** Whether what was made at that moment could not know it, and was not kept from going there. */
  wasLostAfter(nodeName: string, madeMs: number): boolean {
    const sinceMs = this.#sinceMs.get(nodeName);
    return sinceMs !== undefined && madeMs <= sinceMs;
  }

  /** Names of nodes where nothing new should be, the latest first. */
  avoided(): readonly string[] {
    const nowMs = this.#clock.now();
    for (const [name, sinceMs] of this.#sinceMs) {
      if (sinceMs + AVOIDED_MS <= nowMs) this.#sinceMs.delete(name);
    }
    return [...this.#sinceMs.keys()].reverse().slice(0, MOST_AVOIDED);
  }
}
