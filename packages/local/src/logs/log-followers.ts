import type { LogRecord } from '@mayfly/core';

/** Records that a follower may lag behind. */
const MAX_LAG = 10_000;

/** Hands new records to whoever follows a function. A follower that lags too far loses the oldest. */
export class LogFollowers {
  readonly #followers = new Map<string, Set<Follower>>();

  publish(record: LogRecord): void {
    for (const follower of this.#followers.get(record.functionName) ?? []) follower.push(record);
  }

  /** From now on, not from the first `next`. */
  follow(functionName: string, signal: AbortSignal): Follower {
    const followers = this.#followers.get(functionName) ?? new Set();
    this.#followers.set(functionName, followers);
    const end = (): void => {
      follower.end();
    };
    const follower = new Follower(() => {
      signal.removeEventListener('abort', end);
      // Leaving twice must not take a newer set away.
      if (followers.delete(follower) && followers.size === 0) this.#followers.delete(functionName);
    });
    followers.add(follower);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
    return follower;
  }

  /** Ends all of them. */
  close(): void {
    for (const followers of [...this.#followers.values()]) {
      for (const follower of [...followers]) follower.end();
    }
  }
}

/** The records since one moment. */
export class Follower {
  readonly #leave: () => void;
  #records: LogRecord[] = [];
  #isOver = false;
  #wake: (() => void) | undefined;

  constructor(leave: () => void) {
    this.#leave = leave;
  }

  push(record: LogRecord): void {
    this.#records.push(record);
    if (this.#records.length > MAX_LAG) this.#records.shift();
    this.#wake?.();
  }

  /** Takes no more. Idempotent. */
  end(): void {
    this.#isOver = true;
    this.#records = [];
    this.#leave();
    this.#wake?.();
  }

  /** What has come since the last call; waits for it. Empty at the end. */
  async take(): Promise<readonly LogRecord[]> {
    while (this.#records.length === 0 && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const taken = this.#records;
    this.#records = [];
    return taken;
  }
}
