import type { ProvisionedConcurrencyStatus } from '@mayfly/api';

/** What there is for an owner. */
export interface ProvisionCounts {
  readonly allocated: number;
  readonly available: number;
  /** For so many there is no room below the limits. */
  readonly missing: number;
  /** Why the last attempt to start one failed. */
  readonly failure?: { readonly reason: string; readonly message: string } | undefined;
}

/** What a status is computed from. */
export interface ProvisionStatusFacts {
  readonly requested: number;
  /** Why what is requested cannot be had. */
  readonly problem: string | undefined;
  /** It is no version yet, or points to none. */
  readonly isPending: boolean;
  readonly counts: ProvisionCounts;
  readonly previous: ProvisionedConcurrencyStatus | undefined;
  readonly nowMs: number;
}

/** Says how far it is, in Lambda's words. */
export function computeProvisionStatus(facts: ProvisionStatusFacts): ProvisionedConcurrencyStatus {
  const { requested, previous, counts, nowMs } = facts;
  const isSame = previous?.requestedProvisionedConcurrentExecutions === requested;
  return {
    ...judge(facts),
    requestedProvisionedConcurrentExecutions: requested,
    allocatedProvisionedConcurrentExecutions: counts.allocated,
    availableProvisionedConcurrentExecutions: counts.available,
    lastModified: (isSame ? previous.lastModified : undefined) ?? new Date(nowMs).toISOString(),
  };
}

function judge({
  requested,
  problem,
  isPending,
  counts,
}: ProvisionStatusFacts): Pick<ProvisionedConcurrencyStatus, 'status' | 'statusReason'> {
  const { allocated, missing, failure } = counts;
  if (problem !== undefined) return { status: 'FAILED', statusReason: problem };
  if (isPending) return { status: 'IN_PROGRESS', statusReason: 'There is no version yet.' };
  if (allocated >= requested) return { status: 'READY' };
  if (failure !== undefined) {
    return { status: 'FAILED', statusReason: `${failure.reason}: ${failure.message}` };
  }
  if (missing === 0) return { status: 'IN_PROGRESS' };
  const statusReason = `For ${String(missing)} there is no room below the limits of concurrency.`;
  return { status: 'IN_PROGRESS', statusReason };
}
