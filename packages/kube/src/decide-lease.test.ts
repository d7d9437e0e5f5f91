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

  it.for([
    ['lets others go first when it was released', aRecord({ holder: '' }), 3_999, 'wait'],
    ['takes it then', aRecord({ holder: '' }), 4_000, 'take'],
    ['lets others go first when it has run out', aRecord(), 18_999, 'wait'],
    ['takes that then', aRecord(), 19_000, 'take'],
    ['creates what is not there at once', undefined, 0, 'create'],
    ['renews its own at once', aRecord({ holder: 'us' }), 0, 'renew'],
  ] as const)('with a handicap %s', ([, record, unchangedMs, decision], { expect }) => {
    const facts = { identity: 'us', record, unchangedMs, handicapMs: 4_000 };
    expect(decideLease(facts)).toBe(decision);
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
