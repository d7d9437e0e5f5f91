import type { FunctionResource } from '@mayfly/api';
import { minimumUnreserved } from '@mayfly/core';
import type { Reason } from './conditions.ts';

/** What the account grants. */
export interface ReservationLimits {
  readonly accountConcurrency: number;
}

/**
 * Judges a function's reservation against those in force of all others in its namespace.
 * @returns why it cannot be had, in Lambda's words, or undefined.
 */
export function validateReservation(
  fn: FunctionResource,
  all: Iterable<FunctionResource>,
  limits: ReservationLimits,
): Reason | undefined {
  const wanted = fn.spec.reservedConcurrentExecutions;
  // Most functions have none, and for them nothing is looked through.
  if (wanted === undefined || wanted === 0) return undefined;
  let others = 0;
  for (const other of all) {
    if (other.metadata.namespace !== fn.metadata.namespace) continue;
    if (other.metadata.name === fn.metadata.name) continue;
    others += other.status?.served?.configuration.reservedConcurrentExecutions ?? 0;
  }
  const minimum = minimumUnreserved(limits);
  if (limits.accountConcurrency - others - wanted >= minimum) return undefined;
  return {
    reason: 'ReservedConcurrencyExceedsAccount',
    message: `Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${String(minimum)}]. Reserved by other functions: ${String(others)} of ${String(limits.accountConcurrency)}.`,
  };
}
