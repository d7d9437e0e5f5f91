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
  readonly #untilMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(nodeName: string): void {
    this.#untilMs.delete(nodeName);
    this.#untilMs.set(nodeName, this.#clock.now() + AVOIDED_MS);
  }

  /** Names of nodes where nothing new should be, the latest first. */
  avoided(): readonly string[] {
    const nowMs = this.#clock.now();
    for (const [name, untilMs] of this.#untilMs) {
      if (untilMs <= nowMs) this.#untilMs.delete(name);
    }
    return [...this.#untilMs.keys()].reverse().slice(0, MOST_AVOIDED);
  }
}
