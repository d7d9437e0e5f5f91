import type { MirrorOrder, StoredCode } from '@mayfly/core';

/** What a leader knows when a follower has said what it has. */
export interface MirrorFacts {
  /** The leader's archives: digest → bytes. */
  readonly kept: ReadonlyMap<string, number>;
  /** What this leader has forgotten on purpose. */
  readonly forgotten: ReadonlySet<string>;
  /** What another follower is giving already. */
  readonly awaited: Pick<ReadonlySet<string>, 'has'>;
  /** The follower's archives. */
  readonly theirs: ReadonlySet<string>;
}

const MAX_NAMED = 1000;

/**
 * Decides how a follower gets in step. What it has and the leader lacks is taken over, unless the leader itself has
 * forgotten it: an operator that has just begun to lead cannot tell what is in use from what is not, and the hourly look
 * forgets what nobody uses.
 */
export function planOrders({
  kept,
  forgotten,
  awaited,
  theirs,
}: MirrorFacts): Omit<MirrorOrder, 'isComplete'> {
  const keep: StoredCode[] = [];
  for (const [codeSha256, codeSize] of kept) {
    if (!theirs.has(codeSha256)) keep.push({ codeSha256, codeSize });
  }
  const surplus = [...theirs].filter((codeSha256) => !kept.has(codeSha256));
  return {
    keep,
    drop: surplus.filter((codeSha256) => forgotten.has(codeSha256)),
    give: surplus.filter((codeSha256) => !forgotten.has(codeSha256) && !awaited.has(codeSha256)),
  };
}

/** The same as messages of a moderate size, none of which says that it is the last. */
export function* cutOrders({
  keep,
  drop,
  give,
}: Omit<MirrorOrder, 'isComplete'>): Generator<MirrorOrder> {
  const most = Math.max(keep.length, drop.length, give.length);
  for (let at = 0; at < most; at += MAX_NAMED) {
    const end = at + MAX_NAMED;
    yield {
      keep: keep.slice(at, end),
      drop: drop.slice(at, end),
      give: give.slice(at, end),
      isComplete: false,
    };
  }
}

/** What an upload goes by that has just reached the leader's disk. */
export interface CopyFacts {
  readonly isCopied: boolean;
  /** Followers that are connected. */
  readonly followers: number;
  /** Operators that there should be. */
  readonly replicas: number;
  /** For how long there has been no follower. */
  readonly aloneMs: number;
}

/** So long a lack of followers passes for a change of pods. */
const SHORTLY_ALONE_MS = 30_000;

/**
 * Whether an upload waits for a copy. A follower that is replaced comes back in seconds: that is waited for, but not for one
 * that has been away for long, or that there never is.
 */
export function shouldAwaitCopy({ isCopied, followers, replicas, aloneMs }: CopyFacts): boolean {
  if (isCopied) return false;
  return followers > 0 || (replicas > 1 && aloneMs < SHORTLY_ALONE_MS);
}
