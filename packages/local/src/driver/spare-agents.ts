import {
  decideRefill,
  NO_POOL_OBSERVER,
  type Clock,
  type PoolFill,
  type PoolObserver,
  type Timer,
} from '@mayfly/core';
import type { LocalLogger } from '../local-logger.ts';
import type { AgentProcess } from './agent-process.ts';

/** Agents that are started ahead for functions of one runtime. */
export interface LocalPool {
  readonly runtime: string;
  readonly size: number;
}

/** Which agents are started ahead. */
export interface SpareAgentsOptions {
  /** Agents for functions of every runtime. Default: 1. */
  readonly spareAgents?: number;
  /** Agents beside them, for functions of one runtime each. */
  readonly pools?: readonly LocalPool[];
  /** Started in a second, over all pools, after the first ones. Default: 4. */
  readonly poolRefillPerSecond?: number;
  readonly poolObserver?: PoolObserver;
  readonly clock: Clock;
  readonly logger: LocalLogger;
}

interface Pool extends LocalPool {
  readonly spares: AgentProcess[];
  /** On their way. */
  coming: number;
}

const ANY = 'any';
const DEFAULT_SPARE_AGENTS = 1;
const DEFAULT_REFILL_PER_SECOND = 4;
// Replacing a spare agent must not take the processor from the runtime that starts in the one just taken.
const REFILL_DELAY_MS = 250;

/** Agents that have no function yet, so that creating an execution environment costs no process start. */
export class SpareAgents {
  readonly #options: SpareAgentsOptions;
  readonly #observer: PoolObserver;
  readonly #start: () => Promise<AgentProcess>;
  readonly #pools: readonly Pool[];
  #refill: Timer | undefined;
  #isClosed = false;

  constructor(options: SpareAgentsOptions, start: () => Promise<AgentProcess>) {
    const { pools = [], spareAgents = DEFAULT_SPARE_AGENTS, poolObserver } = options;
    this.#options = options;
    this.#observer = poolObserver ?? NO_POOL_OBSERVER;
    this.#start = start;
    // Its own first: those for every runtime are for whoever has none.
    this.#pools = [...pools, { runtime: ANY, size: spareAgents }].map((pool) => ({
      ...pool,
      spares: [],
      coming: 0,
    }));
  }

  /** Starts all of them. */
  fill(): void {
    for (const pool of this.#pools) {
      while (!this.#isClosed && pool.spares.length + pool.coming < pool.size) this.#add(pool);
    }
  }

  /** One for a function of this runtime; others are started later. One that dies by itself is replaced then, too. */
  take(runtime: string | undefined): AgentProcess | undefined {
    this.#refillIn(REFILL_DELAY_MS);
    const pools = this.#pools.filter(
      (pool) => pool.size > 0 && (pool.runtime === runtime || pool.runtime === ANY),
    );
    const pool = pools.find(({ spares }) => spares.length > 0);
    if (pool === undefined) {
      const reason = pools.length === 0 ? 'no_pool' : 'empty';
      if (this.#pools.some(({ size }) => size > 0)) {
        this.#observer.miss({ runtime: runtime ?? ANY, reason });
      }
      return undefined;
    }
    const spare = pool.spares.shift();
    this.#observer.hit({ runtime: pool.runtime }, 'exact');
    this.#count(pool);
    return spare;
  }

  /** It has ended. */
  forget(agent: AgentProcess): void {
    for (const pool of this.#pools) {
      const index = pool.spares.indexOf(agent);
      if (index < 0) continue;
      pool.spares.splice(index, 1);
      this.#count(pool);
    }
  }

  /** Starts no more. */
  close(): void {
    this.#isClosed = true;
    this.#refill?.cancel();
  }

  #refillIn(delayMs: number): void {
    if (this.#isClosed) return;
    this.#refill ??= this.#options.clock.after(delayMs, () => {
      this.#refill = undefined;
      this.#refillOne();
    });
  }

  #refillOne(): void {
    const decision = decideRefill({
      pools: this.#pools.map((pool) => toFill(pool)),
      // A process is there before anybody would have waited for it.
      startingOnDemand: 0,
      lastFullMs: undefined,
      heldSinceMs: undefined,
      nowMs: this.#options.clock.now(),
    });
    const pool = this.#pools.find(
      (one) => decision.kind === 'make' && one.runtime === decision.poolId,
    );
    if (pool === undefined) return;
    this.#add(pool);
    this.#refillIn(1000 / (this.#options.poolRefillPerSecond ?? DEFAULT_REFILL_PER_SECOND));
  }

  #add(pool: Pool): void {
    pool.coming += 1;
    void this.#startFor(pool);
  }

  async #startFor(pool: Pool): Promise<void> {
    try {
      pool.spares.push(await this.#start());
    } catch (err) {
      this.#options.logger.warn({ err }, 'starting a spare agent');
    } finally {
      pool.coming -= 1;
      this.#count(pool);
    }
  }

  #count({ runtime, size, spares }: Pool): void {
    if (size > 0) this.#observer.count({ runtime }, { wanted: size, ready: spares.length });
  }
}

function toFill({ runtime, size, spares, coming }: Pool): PoolFill {
  return { poolId: runtime, size, kept: spares.length + coming, notBeforeMs: 0 };
}
