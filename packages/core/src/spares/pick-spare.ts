/** A pool that has the function's namespace and runtime. */
export interface PoolSupply {
  readonly poolId: string;
  readonly memorySizeMb: number;
  /** How many of it wait for a function. */
  readonly waiting: number;
}

/** In which directions the memory of one that runs can be changed. */
export interface ResizeAbility {
  readonly down: boolean;
  readonly up: boolean;
}

/** Why no spare serves: all of them are taken, they have another size that cannot be changed, or there is no pool. */
export type SpareMissReason = 'empty' | 'no_resize' | 'no_pool';

/** Which pool serves a start, or why none does. */
export type SparePick =
  | { readonly kind: 'hit'; readonly poolId: string; readonly fit: 'exact' | 'resized' }
  | { readonly kind: 'miss'; readonly reason: SpareMissReason };

/**
 * The pool for a function of this memory size: its own, then the nearest larger one, then the nearest smaller one.
 * 256 MB and pools of 128, 512 and 1024 MB: 512, then 1024, then 128.
 */
export function pickSpare(
  memorySizeMb: number,
  pools: readonly PoolSupply[],
  can: ResizeAbility,
): SparePick {
  if (pools.length === 0) return { kind: 'miss', reason: 'no_pool' };
  const usable = pools.filter((pool) => isUsable(pool.memorySizeMb - memorySizeMb, can));
  const [best] = usable
    .filter(({ waiting }) => waiting > 0)
    .sort((a, b) => distanceOf(a, memorySizeMb) - distanceOf(b, memorySizeMb));
  if (best !== undefined) {
    const fit = best.memorySizeMb === memorySizeMb ? 'exact' : 'resized';
    return { kind: 'hit', poolId: best.poolId, fit };
  }
  const hasOther = pools.some(({ waiting }) => waiting > 0);
  return { kind: 'miss', reason: hasOther || usable.length === 0 ? 'no_resize' : 'empty' };
}

function isUsable(surplusMb: number, can: ResizeAbility): boolean {
  if (surplusMb === 0) return true;
  return surplusMb > 0 ? can.down : can.up;
}

/** Every smaller one comes after every larger one: to give memory needs room on the node, to take it away does not. */
function distanceOf(pool: PoolSupply, memorySizeMb: number): number {
  const surplusMb = pool.memorySizeMb - memorySizeMb;
  return surplusMb >= 0 ? surplusMb : Number.MAX_SAFE_INTEGER / 2 - surplusMb;
}
