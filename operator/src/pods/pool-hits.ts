import {
  NO_POOL_OBSERVER,
  type CreateRequest,
  type PoolMiss,
  type PoolObserver,
} from '@mayfly/core';
import type { PodSettings } from '@mayfly/manifests';
import {
  isPoolable,
  toPoolName,
  type SparePod,
  type SparePods,
  type SpareTake,
} from './spare-pods.ts';
import type { SpareResize } from './spare-resize.ts';

/** What finding a spare pod needs. */
export interface PoolHitsDeps {
  readonly spares: SparePods;
  readonly resize: SpareResize;
  readonly settings: PodSettings;
  readonly poolObserver?: PoolObserver | undefined;
}

/** A spare pod that is the function's from now on. */
export interface PoolHit {
  readonly spare: SparePod;
  /** Settles when the API server has answered to what was asked of it for this function. */
  readonly resized: Promise<unknown>;
}

interface FitWish {
  readonly namespace: string;
  readonly runtime: string;
  readonly memorySizeMb: number;
}

const NOTHING_ASKED = Promise.resolve(true);

/** Finds spare pods for functions, gives them their size, and counts. */
export class PoolHits {
  readonly #deps: PoolHitsDeps;
  readonly #observer: PoolObserver;

  constructor(deps: PoolHitsDeps) {
    this.#deps = deps;
    this.#observer = deps.poolObserver ?? NO_POOL_OBSERVER;
  }

  /** Asks what can be asked ahead. */
  async learn(): Promise<void> {
    if (this.#deps.spares.isWanted) await this.#deps.resize.learn();
  }

  /** Undefined: there is none that fits, and a pod has to be made. */
  async find({
    key,
    configuration,
    runtime,
    memorySizeMb,
    assignment,
    isProvisioned,
  }: CreateRequest): Promise<PoolHit | undefined> {
    const { spares, resize, settings } = this.#deps;
    // What is provisioned ahead has time: spares are for those that somebody waits for.
    if (!spares.isWanted || isProvisioned) return undefined;
    const { namespace } = key;
    if (runtime === undefined || assignment !== undefined || !isPoolable(configuration, settings)) {
      return this.#miss({ namespace, runtime: runtime ?? 'image', reason: 'unfit' });
    }
    const take = spares.take({ namespace, runtime, memorySize: memorySizeMb }, resize.ability);
    if (take.kind === 'miss') return this.#miss({ namespace, runtime, reason: take.reason });
    return this.#fit(take, { namespace, runtime, memorySizeMb });
  }

  /** Gives the spare pod the memory of the function, where that is another. */
  async #fit(
    { spare, pool, fit }: Extract<SpareTake, { kind: 'hit' }>,
    { namespace, runtime, memorySizeMb }: FitWish,
  ): Promise<PoolHit | undefined> {
    const { spares, resize } = this.#deps;
    const sizes = { fromMb: pool.memorySize, toMb: memorySizeMb };
    const { fits, answered } =
      fit === 'exact'
        ? { fits: NOTHING_ASKED, answered: NOTHING_ASKED }
        : resize.resize({ ref: spare.ref, ...sizes });
    if (!(await fits)) {
      spares.discard(spare);
      const isPossible = resize.ability[sizes.toMb < sizes.fromMb ? 'down' : 'up'];
      return this.#miss({ namespace, runtime, reason: isPossible ? 'failed' : 'no_resize' });
    }
    this.#observer.hit(toPoolName(pool), fit);
    return { spare, resized: answered };
  }

  #miss(miss: PoolMiss): PoolHit | undefined {
    this.#observer.miss(miss);
    return undefined;
  }
}
