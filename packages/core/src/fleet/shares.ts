/** An execution environment of a function that has several homes. */
export interface ShareMember {
  readonly executionEnvironmentId: string;
  /** The gateway that has it or is about to get it. */
  readonly gatewayId: string | undefined;
  readonly isIdle: boolean;
  readonly idleSinceMs: number;
}

/**
 * What to move so that every home has something to work with. Only a home that has less than half of an equal share
 * gets any, and then an equal share: what is nearly equal stays as it is, and so does the only one that there is.
 * Idle ones first; a busy one goes after what it runs.
 */
export function decideShares(
  members: readonly ShareMember[],
  homes: readonly string[],
): readonly { readonly executionEnvironmentId: string; readonly to: string }[] {
  const byHome = new Map(homes.map((home) => [home, [] as ShareMember[]]));
  for (const member of members) byHome.get(member.gatewayId ?? '')?.push(member);
  const all = [...byHome.values()].reduce((sum, { length }) => sum + length, 0);
  // 10 at 3 homes: 3 each, and one that may be anywhere.
  const share = Math.floor(all / homes.length);
  const surplus = [...byHome.values()]
    .flatMap((held) => held.sort(byReadinessToMove).slice(0, Math.max(0, held.length - share)))
    .sort(byReadinessToMove);
  const moves: { readonly executionEnvironmentId: string; readonly to: string }[] = [];
  for (const [to, held] of byHome) {
    if (2 * held.length >= share) continue;
    for (const { executionEnvironmentId } of surplus.splice(0, share - held.length)) {
      moves.push({ executionEnvironmentId, to });
    }
  }
  return moves;
}

function byReadinessToMove(a: ShareMember, b: ShareMember): number {
  return Number(b.isIdle) - Number(a.isIdle) || a.idleSinceMs - b.idleSinceMs;
}
