import { WORTH_TELLING, type Clock, type GatewayMessage } from '@mayfly/core';

/** What measuring needs. */
export interface LoadMeterDeps {
  readonly clock: Clock;
  readonly send: (message: GatewayMessage) => void;
  /** Share of the time since it was asked last in which the event loop had something to do, from 0 to 1. */
  readonly readUtilisation: () => number;
}

const PERIOD_MS = 1_000;
/** The operator looks at the first one, and at how much of us the ones that it has spread take. */
const MOST_TOLD = 8;

/** Tells the operator what we have to do, while that is much. */
export class LoadMeter {
  readonly #deps: LoadMeterDeps;
  readonly #ticker: { cancel(): void };
  readonly #calls = new Map<string, number>();
  #all = 0;
  #sinceMs: number;
  #hasTold = false;

  constructor(deps: LoadMeterDeps) {
    this.#deps = deps;
    this.#sinceMs = deps.clock.now();
    this.#ticker = deps.clock.every(PERIOD_MS, () => {
      this.#tell();
    });
  }

  /** An invocation of a function that we act as home to. */
  noteServed(functionId: string): void {
    this.#all += 1;
    this.#calls.set(functionId, (this.#calls.get(functionId) ?? 0) + 1);
  }

  /** An invocation that another gateway is home to. */
  noteForwarded(): void {
    this.#all += 1;
  }

  close(): void {
    this.#ticker.cancel();
  }

  #tell(): void {
    const { clock, send, readUtilisation } = this.#deps;
    const seconds = Math.max(0.001, (clock.now() - this.#sinceMs) / 1000);
    const utilisation = readUtilisation();
    const isWorthTelling = utilisation >= WORTH_TELLING;
    // Once more when it is over: the operator need not wait for nothing.
    if (isWorthTelling || this.#hasTold) {
      const perSecond = this.#all / seconds;
      send({ kind: 'load', utilisation, perSecond, busiest: this.#findBusiest(seconds) });
    }
    this.#hasTold = isWorthTelling;
    this.#sinceMs = clock.now();
    this.#all = 0;
    this.#calls.clear();
  }

  #findBusiest(seconds: number): { readonly functionId: string; readonly perSecond: number }[] {
    return [...this.#calls]
      .sort(([, a], [, b]) => b - a)
      .slice(0, MOST_TOLD)
      .map(([functionId, calls]) => ({ functionId, perSecond: calls / seconds }));
  }
}
