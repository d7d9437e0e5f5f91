import { refillCreations, waitForCreationMs, type Clock, type CreationRate } from '@mayfly/core';

/** How many may be created now: so many each second, and so many at once after a quiet second. */
export class CreationBudget {
  readonly #clock: Clock;
  readonly #perSecond: number;
  #rate: CreationRate;
  #isWaiting = false;

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#rate = { left: perSecond, atMs: clock.now() };
  }

  /** Whole ones that may be created now. */
  get available(): number {
    const limits = { burst: this.#perSecond, perSecond: this.#perSecond };
    this.#rate = refillCreations(this.#rate, limits, this.#clock.now());
    return Math.floor(this.#rate.left);
  }

  /** One is created. */
  spend(): void {
    this.#rate = { ...this.#rate, left: this.#rate.left - 1 };
  }

  /** Calls back when another one may be created; once, however often it is asked for. */
  whenMore(callback: () => void): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#clock.after(waitForCreationMs(this.#rate, this.#perSecond), () => {
      this.#isWaiting = false;
      callback();
    });
  }
}
