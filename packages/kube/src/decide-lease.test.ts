import fc from 'fast-check';
import { describe, it } from 'vitest';
import { decideLease } from './decide-lease.ts';
import type { LeaseRecord } from './lease.ts';

function aRecord(overrides: Partial<LeaseRecord> = {}): LeaseRecord {
  return {
    resourceVersion: '1',
    holder: 'other',
    durationMs: 15_000,
    renewTime: '2026-01-01T00:00:00.000000Z',
    transitions: 0,
    ...overrides,
  };
}

describe('decideLease', () => {
  it.for([
    ['creates what is not there', undefined, 0, 'create'],
    ['renews its own', aRecord({ holder: 'us' }), 0, 'renew'],
    ['renews its own, however old', aRecord({ holder: 'us' }), 1_000_000, 'renew'],
    ['takes what was released', aRecord({ holder: '' }), 0, 'take'],
    ['leaves what is held', aRecord(), 0, 'wait'],
    ['leaves what is held to the last moment', aRecord(), 14_999, 'wait'],
    ['takes what was not renewed for its duration', aRecord(), 15_000, 'take'],
    ['takes what says no duration', aRecord({ durationMs: 0 }), 0, 'take'],
  ] as const)('%s', ([, record, unchangedMs, decision], { expect }) => {
    expect(decideLease({ identity: 'us', record, unchangedMs })).toBe(decision);
  });

  it("never asks the holder's clock", ({ expect }) => {
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true }), fc.nat(30_000), (renewed, unchangedMs) => {
        const record = aRecord({ renewTime: renewed.toISOString() });
        expect(decideLease({ identity: 'us', record, unchangedMs })).toBe(
          decideLease({ identity: 'us', record: aRecord(), unchangedMs }),
        );
      }),
    );
  });
});
