import type { GatewayMessage, ObjectState } from '@mayfly/core';
import { describe, it } from 'vitest';
import { Confirmations } from './confirmations.ts';

const LIVE = { kind: 'Alias', namespace: 'default', name: 'live' } as const;
const STATE: ObjectState = { ...LIVE, generation: 2 };

function makeConfirmations(known?: number) {
  const world: { generation: number | undefined; content?: string } = { generation: known };
  const sent: GatewayMessage[] = [];
  const confirmations = new Confirmations({
    read: () => world,
    send: (message) => sent.push(message),
  });
  return { confirmations, sent, world };
}

describe('Confirmations', () => {
  it('are given at once for what is followed already, or something later', ({ expect }) => {
    const { confirmations, sent } = makeConfirmations(3);
    confirmations.ask(STATE);
    expect(sent).toEqual([{ kind: 'confirmed', state: STATE }]);
  });

  it('are given once, when the state is heard of', ({ expect }) => {
    const { confirmations, sent, world } = makeConfirmations();
    confirmations.ask(STATE);
    world.generation = 1;
    confirmations.note(LIVE);
    expect(sent).toEqual([]);
    world.generation = 2;
    confirmations.note(LIVE);
    confirmations.note(LIVE);
    expect(sent).toEqual([{ kind: 'confirmed', state: STATE }]);
  });

  it('are not given for other content of that generation', ({ expect }) => {
    const { confirmations, sent, world } = makeConfirmations(2);
    const state = { ...STATE, content: 'new' };
    world.content = 'old';
    confirmations.ask(state);
    confirmations.note(LIVE);
    expect(sent).toEqual([]);
    world.content = 'new';
    confirmations.note(LIVE);
    expect(sent).toEqual([{ kind: 'confirmed', state }]);
  });

  it('are not given for what is gone', ({ expect }) => {
    const { confirmations, sent, world } = makeConfirmations();
    confirmations.ask(STATE);
    confirmations.forget(LIVE);
    world.generation = 2;
    confirmations.note(LIVE);
    expect(sent).toEqual([]);
  });
});
