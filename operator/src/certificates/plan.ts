import type { Validity } from './issue.ts';

const DAY_MS = 86_400_000;
/** How long the authority is good. */
export const AUTHORITY_LIFE_MS = 3_650 * DAY_MS;
/** How long the certificates of operator and gateways are good. */
export const LEAF_LIFE_MS = 90 * DAY_MS;
const AUTHORITY_RENEWAL_MS = 365 * DAY_MS;

/** What is known of one certificate. */
export interface CertificateFacts extends Validity {
  /** It reads, its key is its own and, of a leaf, an authority that we hold signed it. */
  readonly isSound: boolean;
  /** Of a leaf: whether the newest authority signed it. */
  readonly isOfNewestAuthority: boolean;
}

/** What is known of the Secrets; undefined for what is not there. */
export interface CertificatesFacts {
  readonly isLeader: boolean;
  readonly authority: CertificateFacts | undefined;
  /** An authority from before the newest one is still trusted. */
  readonly hasOldAuthority: boolean;
  readonly leaves: readonly {
    readonly name: string;
    readonly facts: CertificateFacts | undefined;
  }[];
}

/** Why something is made. */
export type Reason = 'missing' | 'broken' | 'expired' | 'renewal' | 'newAuthority';

/** What is to be done, in this order. */
export interface CertificatesPlan {
  readonly authority: Reason | undefined;
  readonly leaves: readonly { readonly name: string; readonly reason: Reason }[];
  /** No certificate of the old authority is in use any more: nobody needs to trust it. */
  readonly dropsOldAuthority: boolean;
}

/** Decides what is made anew. Only the leader replaces what works; anybody makes what is missing or broken. */
export function planCertificates(facts: CertificatesFacts, nowMs: number): CertificatesPlan {
  const { isLeader, authority, hasOldAuthority } = facts;
  const authorityReason = judge(authority, { isLeader, nowMs, renewalMs: AUTHORITY_RENEWAL_MS });
  const leaves = facts.leaves.flatMap(({ name, facts: leaf }) => {
    const isAuthorityUsable = authorityReason === undefined || authorityReason === 'renewal';
    const reason = isAuthorityUsable ? judgeLeaf(leaf, isLeader, nowMs) : 'newAuthority';
    return reason === undefined ? [] : [{ name, reason }];
  });
  return {
    authority: authorityReason,
    leaves,
    dropsOldAuthority:
      isLeader && hasOldAuthority && authorityReason === undefined && leaves.length === 0,
  };
}

function judgeLeaf(
  leaf: CertificateFacts | undefined,
  isLeader: boolean,
  nowMs: number,
): Reason | undefined {
  const lifeMs = leaf === undefined ? 0 : leaf.notAfterMs - leaf.notBeforeMs;
  const reason = judge(leaf, { isLeader, nowMs, renewalMs: lifeMs / 3 });
  if (reason !== undefined) return reason;
  return isLeader && leaf?.isOfNewestAuthority === false ? 'newAuthority' : undefined;
}

interface Terms {
  readonly isLeader: boolean;
  readonly nowMs: number;
  readonly renewalMs: number;
}

function judge(facts: CertificateFacts | undefined, terms: Terms): Reason | undefined {
  if (facts === undefined) return 'missing';
  if (!facts.isSound) return 'broken';
  const leftMs = facts.notAfterMs - terms.nowMs;
  if (leftMs <= 0) return 'expired';
  return terms.isLeader && leftMs <= terms.renewalMs ? 'renewal' : undefined;
}
