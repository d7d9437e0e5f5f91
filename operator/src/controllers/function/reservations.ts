import type { FunctionResource } from '@mayfly/api';
import { LIMITS } from '@mayfly/lambda-api';
import type { Reason } from './conditions.ts';

/** What the account grants. */
export interface ReservationLimits {
  readonly accountConcurrency: number;
}

/** The least that reservations must leave to functions without one: Lambda's 100, at most a tenth here. */
export function minimumUnreserved(limits: ReservationLimits): number {
  return Math.min(LIMITS.minimumUnreservedConcurrency, Math.floor(limits.accountConcurrency / 10));
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
