import type { Clock } from '@mayfly/core';
import { tryToConnect } from './try-to-connect.ts';

/** A request that waits for its answer. */
interface Waiting {
  readonly address: string;
  readonly onLost: (problem: string) => void;
  nextLookMs: number;
  pauseMs: number;
  /** Looks in a row that met nobody. */
  failures: number;
}

const PERIOD_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;
/** One lost packet is no lost machine. */
const ENOUGH_FAILURES = 2;

/**
 * Finds out that whoever is to answer was lost with its machine or its network. TCP does not tell for many
 * minutes once a request has been written, and an answer may rightly take as long: so those that take longer
 * than a second are looked for by another connection, after 1 s, 2 s, 4 s … 30 s. One that refuses it is there:
 * it stops, takes nothing new, and answers what it runs. Had it died, the connection would be broken.
 */
export class LostPeers {
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiting>();
  readonly #ticker: { cancel(): void };

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#ticker = clock.every(PERIOD_MS, () => {
      this.#look();
    });
  }

  /** Calls `onLost` once if nobody is at `host:port` any more. Returns the way to stop looking. */
  watch(address: string, onLost: (problem: string) => void): () => void {
    const nextLookMs = this.#clock.now() + PERIOD_MS;
    const waiting = { address, onLost, nextLookMs, pauseMs: PERIOD_MS, failures: 0 };
    this.#waiting.add(waiting);
    return () => {
      this.#waiting.delete(waiting);
    };
  }

  close(): void {
    this.#ticker.cancel();
    this.#waiting.clear();
  }

  #look(): void {
    const nowMs = this.#clock.now();
    const due = Map.groupBy(
      [...this.#waiting].filter(({ nextLookMs }) => nextLookMs <= nowMs),
      ({ address }) => address,
    );
    for (const [address, waiting] of due) void this.#lookFor(address, waiting);
  }

  async #lookFor(address: string, all: readonly Waiting[]): Promise<void> {
    // Nobody else looks for them meanwhile.
    for (const waiting of all) waiting.nextLookMs = Infinity;
    const problem = await tryToConnect(address);
    const nowMs = this.#clock.now();
    for (const waiting of all) {
      if (!this.#waiting.has(waiting)) continue;
      if (problem?.isSilent !== true) {
        waiting.failures = 0;
        waiting.pauseMs = Math.min(waiting.pauseMs * 2, LONGEST_PAUSE_MS);
        waiting.nextLookMs = nowMs + waiting.pauseMs;
      } else if (waiting.failures + 1 < ENOUGH_FAILURES) {
        waiting.failures += 1;
        waiting.nextLookMs = nowMs;
      } else {
        this.#waiting.delete(waiting);
        waiting.onLost(problem.message);
      }
    }
  }
}
