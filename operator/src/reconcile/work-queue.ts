import type { Clock, Timer } from '@mayfly/core';

const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 60_000;

/**
 * Keys that want a reconcile. A key waits at most once however often it is added, is never worked on
 * twice at a time, and comes back later when its work failed.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #onReady: () => void;
  readonly #waiting: string[] = [];
  readonly #queued = new Set<string>();
  readonly #working = new Set<string>();
  readonly #dirty = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #timers = new Map<string, { readonly dueMs: number; readonly timer: Timer }>();
  #isClosed = false;

  /** `onReady` is called whenever a key became available to `take`. */
  constructor(clock: Clock, onReady: () => void) {
    this.#clock = clock;
    this.#onReady = onReady;
  }

  add(key: string): void {
    if (this.#isClosed || this.#queued.has(key)) return;
    if (this.#working.has(key)) {
      this.#dirty.add(key);
      return;
    }
    this.#queued.add(key);
    this.#waiting.push(key);
    this.#onReady();
  }

  /** Adds the key later; the earlier of two such wishes counts. */
  addAfter(key: string, delayMs: number): void {
    if (this.#isClosed) return;
    const dueMs = this.#clock.now() + delayMs;
    const pending = this.#timers.get(key);
    if (pending !== undefined && pending.dueMs <= dueMs) return;
    pending?.timer.cancel();
    const timer = this.#clock.after(delayMs, () => {
      this.#timers.delete(key);
      this.add(key);
    });
    this.#timers.set(key, { dueMs, timer });
  }

  /** The next key to work on; `finish` must follow. */
  take(): string | undefined {
    const key = this.#waiting.shift();
    if (key === undefined) return undefined;
    this.#queued.delete(key);
    this.#working.add(key);
    return key;
  }

  /** Ends the work on a key. A failure comes back after 50 ms, doubled for each in a row, up to 60 s. */
  finish(key: string, outcome: 'succeeded' | 'failed'): void {
    this.#working.delete(key);
    if (outcome === 'failed') {
      const failures = this.#failures.get(key) ?? 0;
      this.#failures.set(key, failures + 1);
      this.addAfter(key, Math.min(FIRST_RETRY_MS * 2 ** failures, LONGEST_RETRY_MS));
    } else {
      this.#failures.delete(key);
    }
    if (this.#dirty.delete(key)) this.add(key);
  }

  close(): void {
    this.#isClosed = true;
    this.#waiting.length = 0;
    this.#queued.clear();
    for (const { timer } of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }
}
