import type { Creation, Outlook, Revocation } from './decide-fleet.ts';
import { functionIdOf, type FleetMember } from './facts.ts';

/** Why one is created, in a line: `for a waiting invocation, 3 of 10 used`. */
export function describeCreation({ isProvisioned, pool }: Creation): string {
  const cause = isProvisioned ? 'as provisioned concurrency' : 'for an invocation that waits';
  return `${cause}, ${String(pool.used)} of ${String(pool.limit)} used`;
}

/** Why one is taken back, in a line. */
export function describeRevocation(
  { reason, inFavourOf }: Pick<Revocation, 'reason' | 'inFavourOf'>,
  member: Pick<FleetMember, 'state'>,
): string {
  const after = member.state === 'busy' ? ', after what it runs' : '';
  switch (reason) {
    case 'idle':
      return 'nobody has called it for long';
    case 'outdated':
      return `its revision is no longer served${after}`;
    case 'evicted':
      return inFavourOf === undefined
        ? 'idle the longest, to make room on the machines'
        : `idle the longest, to make room for ${functionIdOf(inFavourOf)}`;
    case 'overLimit':
      return `the limit was lowered below what exists${after}`;
    case 'deprovisioned':
      return `more than what is to be provisioned${after}`;
  }
}

/** Why invocations are refused, in a line; undefined when none are. */
export function describeRefusal({ refusal, coming }: Outlook): string | undefined {
  if (refusal === undefined) return undefined;
  return `${refusal}: ${String(coming)} on the way, invocations beyond that are throttled`;
}
