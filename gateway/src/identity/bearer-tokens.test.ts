import { FakeClock } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { BearerTokens } from './bearer-tokens.ts';
import type { KubernetesUser } from './caller.ts';

const ALICE: KubernetesUser = {
  username: 'system:serviceaccount:team-a:alice',
  groups: ['system:authenticated'],
};

function makeTokens() {
  const clock = new FakeClock();
  const world = { isDown: false, asked: 0 };
  const tokens = new BearerTokens({
    reviewer: {
      review: (token) => {
        world.asked += 1;
        if (world.isDown) return Promise.reject(new Error('down'));
        return Promise.resolve(token === 'good' ? ALICE : undefined);
      },
    },
    clock,
    accountId: '000000000000',
    onError: () => undefined,
  });
  return { clock, world, tokens };
}

describe('BearerTokens', () => {
  it('knows whose a token is, and asks once', async ({ expect }) => {
    const { tokens, world } = makeTokens();
    expect(await tokens.authenticate('good')).toEqual({
      kind: 'principal',
      arn: 'arn:aws:iam::000000000000:user/team-a/alice',
      accountId: '000000000000',
      accessKeyId: undefined,
      user: ALICE,
    });
    await tokens.authenticate('good');
    expect(world.asked).toBe(1);
  });

  it.for(['bad', 'x'.repeat(20_000)])(
    'refuses a token that is nobody’s',
    async (token, { expect }) => {
      const { tokens } = makeTokens();
      await expect(tokens.authenticate(token)).rejects.toMatchObject({
        code: 'UnrecognizedClientException',
      });
    },
  );

  it('lets nobody in while nobody can say, but those it knows', async ({ expect }) => {
    const { tokens, clock, world } = makeTokens();
    await tokens.authenticate('good');
    world.isDown = true;
    clock.step(60_000);
    expect(await tokens.authenticate('good')).toMatchObject({ user: ALICE });
    await expect(tokens.authenticate('new')).rejects.toMatchObject({
      code: 'ServiceUnavailableException',
    });
  });
});
