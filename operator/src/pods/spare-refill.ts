import { decideRefill, type Clock, type RefillFacts, type Timer } from '@mayfly/core';

/** What refilling needs. */
export interface SpareRefillDeps {
  readonly clock: Clock;
  /** Spares made in a second, over all pools. */
  readonly perSecond: number;
  /** How it is now. */
  facts(): Omit<RefillFacts, 'nowMs' | 'heldSinceMs'>;
  make(poolId: string): void;
}

/** How soon it is looked again whether what starts has started. */
const LOOK_MS = 250;

/** Makes spares one after the other, not faster than is wanted, and not while somebody waits for what starts. */
export class SpareRefill {
  readonly #deps: SpareRefillDeps;
  #timer: Timer | undefined;
  #dueMs = Infinity;
  #earliestMs = -Infinity;
  #heldSinceMs: number | undefined;
  #isOpen = false;

  constructor(deps: SpareRefillDeps) {
    this.#deps = deps;
  }

  open(): void {
    this.#isOpen = true;
    this.wake();
  }

  close(): void {
    this.#isOpen = false;
    this.#timer?.cancel();
  }

  /** Something is missing, or something has changed that it is held back by. */
  wake(): void {
    this.#lookAt(this.#deps.clock.now());
  }

  /** Makes nothing for so long. */
  rest(forMs: number): void {
    this.#earliestMs = Math.max(this.#earliestMs, this.#deps.clock.now() + forMs);
    this.wake();
  }

  #lookAt(wantedMs: number): void {
    const { clock } = this.#deps;
    const atMs = Math.max(wantedMs, this.#earliestMs);
    if (!this.#isOpen || (atMs >= this.#dueMs && this.#dueMs >= this.#earliestMs)) return;
    this.#timer?.cancel();
    this.#dueMs = atMs;
    const delayMs = atMs - clock.now();
    if (delayMs <= 0) {
      this.#look();
      return;
    }
    this.#timer = clock.after(delayMs, () => {
      this.#look();
    });
  }

  #look(): void {
    const { clock, perSecond } = this.#deps;
    const nowMs = clock.now();
    this.#dueMs = Infinity;
    const decision = decideRefill({ ...this.#deps.facts(), heldSinceMs: this.#heldSinceMs, nowMs });
    switch (decision.kind) {
      case 'full':
        this.#heldSinceMs = undefined;
        return;
      case 'wait':
        this.#lookAt(nowMs + decision.forMs);
        return;
      case 'hold':
        this.#heldSinceMs ??= nowMs;
        this.#lookAt(nowMs + LOOK_MS);
        return;
      case 'make':
        this.#heldSinceMs = undefined;
        this.#earliestMs = nowMs + 1000 / perSecond;
        this.#deps.make(decision.poolId);
        this.#lookAt(this.#earliestMs);
    }
  }
}
