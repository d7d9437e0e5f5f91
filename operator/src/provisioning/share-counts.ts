import type { ProvisionCounts } from './compute-provision-status.ts';

/** What one owner is to have of each version. */
export interface ProvisionShare {
  readonly ownerId: string;
  readonly parts: ReadonlyMap<string, number>;
}

interface Pool {
  allocated: number;
  available: number;
  readonly missing: number;
  readonly failure: ProvisionCounts['failure'];
}

const NOTHING: ProvisionCounts = { allocated: 0, available: 0, missing: 0 };

/** Tells what there is of each version to those that asked for it: the first one has its share first. */
export function shareCounts(
  shares: readonly ProvisionShare[],
  countsOf: (version: string) => ProvisionCounts,
): ReadonlyMap<string, ProvisionCounts> {
  const pools = new Map<string, Pool>();
  const poolOf = (version: string): Pool => {
    const { allocated, available, missing, failure } = countsOf(version);
    const pool = pools.get(version) ?? { allocated, available, missing, failure };
    pools.set(version, pool);
    return pool;
  };
  const takeAll = ({ parts }: ProvisionShare): ProvisionCounts =>
    [...parts].map(([version, count]) => take(poolOf(version), count)).reduce(add, NOTHING);
  return new Map(shares.map((share) => [share.ownerId, takeAll(share)]));
}

function take(pool: Pool, count: number): ProvisionCounts {
  const allocated = Math.min(count, pool.allocated);
  const available = Math.min(allocated, pool.available);
  pool.allocated -= allocated;
  pool.available -= available;
  const { missing, failure } = pool;
  return { allocated, available, missing: Math.min(missing, count - allocated), failure };
}

function add(sum: ProvisionCounts, part: ProvisionCounts): ProvisionCounts {
  return {
    allocated: sum.allocated + part.allocated,
    available: sum.available + part.available,
    missing: sum.missing + part.missing,
    failure: sum.failure ?? part.failure,
  };
}
