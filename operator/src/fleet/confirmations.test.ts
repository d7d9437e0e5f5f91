import type { ObjectState, OperatorMessage } from '@mayfly/core';
import { FakeClock } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { Confirmations } from './confirmations.ts';

const STATE: ObjectState = { kind: 'Alias', namespace: 'default', name: 'live', generation: 2 };

function makeConfirmations(...connected: string[]) {
  const gateways = new Set(connected);
  const sent: [string, OperatorMessage][] = [];
  const told: ObjectState[] = [];
  const clock = new FakeClock();
  const world = { isSettled: true };
  const confirmations = new Confirmations({
    clock,
    isSettled: () => world.isSettled,
    connected: () => gateways,
    send: (gatewayId, message) => sent.push([gatewayId, message]),
  });
  confirmations.onConfirmed((state) => told.push(state));
  return { confirmations, gateways, sent, told, clock, world };
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

  it('are asked for again, and their gateways named, where nobody answers', ({ expect }) => {
    const { confirmations, gateways, sent, told, clock } = makeConfirmations('g2', 'g1');
    confirmations.isConfirmed(STATE);
    confirmations.note('g1', STATE);
    expect(confirmations.silent(STATE)).toEqual([]);
    clock.step(10_000);
    expect(confirmations.silent(STATE)).toEqual(['g2']);
    expect(confirmations.isConfirmed(STATE)).toBe(false);
    expect(sent.map(([gatewayId]) => gatewayId)).toEqual(['g2', 'g1', 'g2']);
    gateways.delete('g2');
    confirmations.onDisconnected('g2');
    expect(told).toEqual([STATE]);
    expect(confirmations.silent(STATE)).toEqual([]);
  });

  it('are told once, however gateways come and go', ({ expect }) => {
    const { confirmations, gateways, sent, told } = makeConfirmations('g1', 'g2');
    confirmations.isConfirmed(STATE);
    confirmations.note('g1', STATE);
    confirmations.note('g2', STATE);
    gateways.delete('g2');
    confirmations.onDisconnected('g2');
    gateways.add('g3');
    confirmations.onConnected('g3');
    expect(told).toEqual([STATE]);
    expect(sent).toHaveLength(2);
    // Whoever asks again hears of those that are there then.
    expect(confirmations.isConfirmed(STATE)).toBe(false);
    confirmations.note('g3', STATE);
    expect(told).toEqual([STATE, STATE]);
  });

  it('wait until all gateways have had the time to come', ({ expect }) => {
    const { confirmations, world, told } = makeConfirmations();
    world.isSettled = false;
    expect(confirmations.isConfirmed(STATE)).toBe(false);
    world.isSettled = true;
    confirmations.onSettled();
    expect(told).toEqual([STATE]);
  });

  it('of an object that was made again are not those of the one before', ({ expect }) => {
    const { confirmations } = makeConfirmations('g1');
    confirmations.isConfirmed(STATE);
    confirmations.note('g1', STATE);
    expect(confirmations.isConfirmed({ ...STATE, generation: 1 })).toBe(false);
  });
});
