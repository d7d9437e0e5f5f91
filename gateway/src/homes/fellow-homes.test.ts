import type { GatewayMember } from '@mayfly/core';
import { FakeClock } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import type { HomeOutcome, Invocation } from '../invoke/invocation.ts';
import { FellowHomes } from './fellow-homes.ts';

const SIBLING: GatewayMember = { gatewayId: 'b', address: 'b:1' };
const INVOCATION: Invocation = {
  requestId: 'r',
  target: {
    key: { namespace: 'default', functionName: 'hello', revision: 'r1' },
    version: '$LATEST',
    invokedFunctionArn: 'arn',
    configuration: { timeout: 3 },
  },
  qualifier: '$LATEST',
  payload: Buffer.from('{}'),
  traceId: '',
  clientContext: undefined,
  wantsLogTail: false,
  onDisconnect: () => () => undefined,
};
const HERE: HomeOutcome = { kind: 'disconnected' };

function makeFellows({ takesMs = 0 }: { takesMs?: number } = {}) {
  const clock = new FakeClock();
  const offers: string[] = [];
  const fellows = new FellowHomes({
    clock,
    fellowHomes: () => [SIBLING],
    hasIdle: () => false,
    actAsHome: () => Promise.resolve(HERE),
    offer: ({ gatewayId }) => {
      offers.push(gatewayId);
      clock.step(takesMs);
      return Promise.resolve({ kind: 'not-taken' });
    },
  });
  return { clock, offers, serve: () => fellows.serve(INVOCATION, clock.now() + 1000) };
}

describe('another home that has nothing idle', () => {
  it('is not asked again at once, however many invocations come', async ({ expect }) => {
    const { clock, offers, serve } = makeFellows();
    for (let n = 0; n < 100; n += 1) expect(await serve()).toBe(HERE);
    expect(offers).toHaveLength(1);
    clock.step(5);
    await serve();
    expect(offers).toHaveLength(2);
  });

  it('is left alone for as long as it took to find out', async ({ expect }) => {
    const { clock, offers, serve } = makeFellows({ takesMs: 2_000 });
    await serve();
    clock.step(1_900);
    await serve();
    expect(offers).toHaveLength(1);
    clock.step(200);
    await serve();
    expect(offers).toHaveLength(2);
  });
});
