import { isSameRevision, type FleetMember } from './facts.ts';
import type { RevisionKey } from '../ports/revision-key.ts';

/** What needs room. */
export interface RoomWish {
  readonly key: RevisionKey;
  readonly memoryMb: number;
}

/**
 * The idle execution environments to give up so that another one has room: least recently used first, no more than
 * make up for its memory. None of its own revision: that would have been used. None at all when they do not suffice
 * is no rule: a part may do, where a node has some room.
 */
export function pickVictims<M extends FleetMember>(
  members: readonly M[],
  wish: RoomWish,
  memoryMbOf: (member: M) => number,
): readonly M[] {
  const idle = members
    .filter(
      (m) =>
        m.state === 'idle' && !m.isRevoked && !m.isProvisioned && !isSameRevision(m.key, wish.key),
    )
    .sort((a, b) => a.idleSinceMs - b.idleSinceMs);
  const victims: M[] = [];
  let freedMb = 0;
  for (const member of idle) {
    if (freedMb >= wish.memoryMb) break;
    victims.push(member);
    freedMb += memoryMbOf(member);
  }
  return victims;
}
