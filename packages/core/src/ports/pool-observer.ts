import type { SpareMissReason } from '../spares/pick-spare.ts';

/** Names a pool; `memorySizeMb` is absent where a spare becomes any size. */
export interface PoolName {
  /** Absent in the embedded mode, where a pool is for all namespaces. */
  readonly namespace?: string | undefined;
  /** `any` where a spare can run every runtime. */
  readonly runtime: string;
  readonly memorySizeMb?: number | undefined;
}

/** A start that no spare served; `unfit`: the function asks for what no spare has; `failed`: the spare was no good. */
export interface PoolMiss extends Omit<PoolName, 'memorySizeMb'> {
  readonly reason: SpareMissReason | 'unfit' | 'failed';
}

/** Hears what becomes of pools, for metrics. */
export interface PoolObserver {
  hit(pool: PoolName, fit: 'exact' | 'resized'): void;
  miss(miss: PoolMiss): void;
  /** How many spares of a pool there should be, and how many wait for a function. */
  count(pool: PoolName, counts: { readonly wanted: number; readonly ready: number }): void;
}

/** Hears nothing. */
export const NO_POOL_OBSERVER: PoolObserver = {
  hit: () => undefined,
  miss: () => undefined,
  count: () => undefined,
};
