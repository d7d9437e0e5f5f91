import type { Clock } from '@mayfly/core';

/** Lets many wait for something to become true, for a while. */
export class Changes {
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Something has changed: those who wait look again. */
  announce(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  /**
   * Whether it has become true in time.
   * @throws the signal's reason when that aborts first
   */
  async until(isTrue: () => boolean, waitMs: number, signal?: AbortSignal): Promise<boolean> {
    signal?.throwIfAborted();
    if (isTrue()) return true;
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    const look = (): void => {
      if (isTrue()) resolve(true);
    };
    const stop = (): void => {
      reject(signal?.reason as Error);
    };
    const timer = this.#clock.after(waitMs, () => {
      resolve(isTrue());
    });
    this.#listeners.add(look);
    signal?.addEventListener('abort', stop);
    try {
      return await promise;
    } finally {
      timer.cancel();
      this.#listeners.delete(look);
      signal?.removeEventListener('abort', stop);
    }
  }
}
