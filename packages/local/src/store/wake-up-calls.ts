import type { Kind } from '@mayfly/core';

type WakeUp = (resourceVersion: number | undefined) => void;

/** Lets watches sleep until something of their kind was written. */
export class WakeUpCalls {
  readonly #sleepers = new Map<Kind, Set<WakeUp>>();

  /**
   * Resolves at the next write of the kind, with its resourceVersion: the sleeper missed nothing before
   * it, however much other kinds wrote. Resolves with undefined when the signal aborts and at `wakeAll`.
   */
  next(kind: Kind, signal: AbortSignal): Promise<number | undefined> {
    return new Promise((resolve) => {
      if (signal.aborted) {
        resolve(undefined);
        return;
      }
      const sleepers = this.#sleepersOf(kind);
      const wake: WakeUp = (resourceVersion) => {
        sleepers.delete(wake);
        signal.removeEventListener('abort', abort);
        resolve(resourceVersion);
      };
      const abort = (): void => {
        wake(undefined);
      };
      sleepers.add(wake);
      signal.addEventListener('abort', abort, { once: true });
    });
  }

  /** Wakes those who sleep now. */
  wake(kind: Kind, resourceVersion: number): void {
    for (const wake of [...this.#sleepersOf(kind)]) wake(resourceVersion);
  }

  /** Wakes everybody. */
  wakeAll(): void {
    for (const sleepers of this.#sleepers.values()) {
      for (const wake of [...sleepers]) wake(undefined);
    }
  }

  #sleepersOf(kind: Kind): Set<WakeUp> {
    const known = this.#sleepers.get(kind);
    if (known !== undefined) return known;
    const made = new Set<WakeUp>();
    this.#sleepers.set(kind, made);
    return made;
  }
}
