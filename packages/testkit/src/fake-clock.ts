import type { Clock, Timer } from '@mayfly/core';

interface Entry {
  readonly callback: () => void;
  readonly periodMs: number | undefined;
  dueMs: number;
}

/** A clock that stands still until a test steps it. */
export class FakeClock implements Clock {
  #nowMs: number;
  readonly #entries = new Set<Entry>();

  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): Timer {
    return this.#add({ callback, periodMs: undefined, dueMs: this.#nowMs + Math.max(0, delayMs) });
  }

  every(periodMs: number, callback: () => void): Timer {
    // A period of 0 would never let `step` end.
    const period = Math.max(1, periodMs);
    return this.#add({ callback, periodMs: period, dueMs: this.#nowMs + period });
  }

  /** How many timers wait. */
  get pendingTimers(): number {
    return this.#entries.size;
  }

  /** Moves time forward and calls what falls due on the way, in order of time, then of making. */
  step(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (let next = this.#nextDue(endMs); next !== undefined; next = this.#nextDue(endMs)) {
      this.#nowMs = next.dueMs;
      if (next.periodMs === undefined) this.#entries.delete(next);
      else next.dueMs += next.periodMs;
      next.callback();
    }
    this.#nowMs = endMs;
  }

  #add(entry: Entry): Timer {
    this.#entries.add(entry);
    return { cancel: () => void this.#entries.delete(entry) };
  }

  #nextDue(endMs: number): Entry | undefined {
    let next: Entry | undefined;
    for (const entry of this.#entries) {
      if (entry.dueMs <= endMs && (next === undefined || entry.dueMs < next.dueMs)) next = entry;
    }
    return next;
  }
}
