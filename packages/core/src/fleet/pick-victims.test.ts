import { describe, it } from 'vitest';
import type { FleetMember } from './facts.ts';
import { pickVictims } from './pick-victims.ts';

const key = (functionName: string): FleetMember['key'] => ({
  namespace: 'default',
  functionName,
  revision: 'r1',
});

function member(id: string, overrides: Partial<FleetMember> = {}): FleetMember {
  return {
    executionEnvironmentId: id,
    key: key('other'),
    state: 'idle',
    createdMs: 0,
    idleSinceMs: 0,
    gatewayId: 'g1',
    isRevoked: false,
    isProvisioned: false,
    ...overrides,
  };
}

const WISH = { key: key('hello'), memoryMb: 256 };
const ids = (members: readonly FleetMember[]): string[] =>
  members.map((m) => m.executionEnvironmentId);

describe('pickVictims', () => {
  it('takes the least recently used first, and no more than the memory that is needed', ({
    expect,
  }) => {
    const members = [3, 1, 2].map((ms) => member(`m${String(ms)}`, { idleSinceMs: ms }));
    expect(ids(pickVictims(members, WISH, () => 128))).toEqual(['m1', 'm2']);
    expect(ids(pickVictims(members, WISH, () => 512))).toEqual(['m1']);
    expect(ids(pickVictims(members, { ...WISH, memoryMb: 10_240 }, () => 128))).toHaveLength(3);
  });

  it('leaves alone what is busy, starting, on its way, or of the same revision', ({ expect }) => {
    const members = [
      member('busy', { state: 'busy' }),
      member('starting', { state: 'starting' }),
      member('moving', { state: 'moving' }),
      member('terminating', { state: 'terminating' }),
      member('revoked', { isRevoked: true }),
      member('own', { key: WISH.key }),
    ];
    expect(pickVictims(members, WISH, () => 128)).toEqual([]);
  });
});
