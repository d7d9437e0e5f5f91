import { LIMITS } from '@mayfly/lambda-api';

/** The least that reservations must leave to functions without one: Lambda's 100, at most a tenth here. */
export function minimumUnreserved(limits: { readonly accountConcurrency: number }): number {
  return Math.min(LIMITS.minimumUnreservedConcurrency, Math.floor(limits.accountConcurrency / 10));
}
