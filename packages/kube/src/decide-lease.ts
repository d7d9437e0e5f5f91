import type { LeaseRecord } from './lease.ts';

/** What a candidate has seen. */
export interface LeaseFacts {
  readonly identity: string;
  /** Undefined: there is no Lease. */
  readonly record: LeaseRecord | undefined;
  /** For how long this candidate has seen the record as it is: clocks of others are not trusted. */
  readonly unchangedMs: number;
  /** By how much this candidate lets others go first when the Lease is free. Default: 0. */
  readonly handicapMs?: number;
}

/** What to do with the Lease now. */
export type LeaseDecision = 'create' | 'take' | 'renew' | 'wait';

/** A Lease is free when nobody holds it, or when its holder has not renewed it for its whole duration. */
export function decideLease(facts: LeaseFacts): LeaseDecision {
  const { identity, record, unchangedMs, handicapMs = 0 } = facts;
  if (record === undefined) return 'create';
  if (record.holder === identity) return 'renew';
  const heldMs = record.holder === '' ? 0 : record.durationMs;
  return unchangedMs >= heldMs + handicapMs ? 'take' : 'wait';
}
