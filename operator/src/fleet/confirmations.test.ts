import type { ObjectState, OperatorMessage } from '@mayfly/core';
import { describe, it } from 'vitest';
import { Confirmations } from './confirmations.ts';

const STATE: ObjectState = { kind: 'Alias', namespace: 'default', name: 'live', generation: 2 };

function makeConfirmations(...connected: string[]) {
  const gateways = new Set(connected);
  const sent: [string, OperatorMessage][] = [];
  const told: ObjectState[] = [];
  const confirmations = new Confirmations({
    connected: () => gateways,
    send: (gatewayId, message) => sent.push([gatewayId, message]),
  });
  confirmations.onConfirmed((state) => told.push(state));
  return { confirmations, gateways, sent, told };
}

describe('Confirmations', () => {
  it('ask every gateway once, and hold when all have answered', ({ expect }) => {
    const { confirmations, sent, told } = makeConfirmations('g1', 'g2');
    expect(confirmations.isConfirmed(STATE)).toBe(false);
    expect(confirmations.isConfirmed(STATE)).toBe(false);
    expect(sent).toEqual([
      ['g1', { kind: 'confirm', state: STATE }],
      ['g2', { kind: 'confirm', state: STATE }],
    ]);
    confirmations.note('g1', STATE);
    expect(told).toEqual([]);
    confirmations.note('g2', STATE);
    expect(told).toEqual([STATE]);
    expect(confirmations.isConfirmed(STATE)).toBe(true);
  });

  it('are not given by an answer to an older question', ({ expect }) => {
    const { confirmations } = makeConfirmations('g1');
    confirmations.isConfirmed({ ...STATE, generation: 1 });
    confirmations.isConfirmed(STATE);
    confirmations.note('g1', { ...STATE, generation: 1 });
    expect(confirmations.isConfirmed(STATE)).toBe(false);
  });

  it('are not given by an answer about other content of the same generation', ({ expect }) => {
    const { confirmations, sent } = makeConfirmations('g1');
    const before = { ...STATE, content: '1' };
    const after = { ...STATE, content: '2' };
    confirmations.isConfirmed(before);
    expect(confirmations.isConfirmed(after)).toBe(false);
    expect(sent.at(-1)).toEqual(['g1', { kind: 'confirm', state: after }]);
    confirmations.note('g1', before);
    expect(confirmations.isConfirmed(after)).toBe(false);
    confirmations.note('g1', after);
    expect(confirmations.isConfirmed(after)).toBe(true);
  });

  it('wait for a gateway that comes meanwhile, and not for one that has gone', ({ expect }) => {
    const { confirmations, gateways, sent, told } = makeConfirmations('g1');
    confirmations.isConfirmed(STATE);
    gateways.add('g2');
    confirmations.onConnected('g2');
    expect(sent.at(-1)).toEqual(['g2', { kind: 'confirm', state: STATE }]);
    confirmations.note('g1', STATE);
    expect(confirmations.isConfirmed(STATE)).toBe(false);
    gateways.delete('g2');
    confirmations.onDisconnected('g2');
    expect(told).toEqual([STATE]);
  });

  it('hold at once where there is no gateway', ({ expect }) => {
    expect(makeConfirmations().confirmations.isConfirmed(STATE)).toBe(true);
  });
});
