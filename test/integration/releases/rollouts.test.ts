import type { GatewayMessage, OperatorMessage } from '@mayfly/core';
import { aHello, eventually } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import { useReleaseWorld } from '../../helpers/release-world.ts';

const LIVE = { functionName: 'hello', name: 'live', functionVersion: '1' };
const CANARY = { type: 'Canary', stepPercentage: 10, intervalSeconds: 1 };
const CAREFUL = {
  type: 'Linear',
  stepPercentage: 10,
  intervalSeconds: 600,
  rollback: { maximumErrorPercentage: 5, maximumDurationMilliseconds: 800 },
};

/** The versions 1 and 2 of `hello`, an alias of version 1, and a gateway. */
async function useAlias(rollout: object) {
  const world = await useReleaseWorld();
  for (const code of ['code 1', 'code 2']) {
    await world.serve('hello', code, { publish: 'OnChange' });
    await world.says('Version', `hello-${code.slice(-1)}`, 'True Published');
  }
  await world.create('Alias', 'live', { ...LIVE, rollout });
  await world.says('Alias', 'live', 'True Routed');

  const { gateway } = world.link;
  const heard: OperatorMessage[] = [];
  gateway.onMessage((message) => {
    heard.push(message);
    if (message.kind === 'confirm') gateway.send({ ...message, kind: 'confirmed' });
  });
  gateway.open(() => aHello('g1'));
  onTestFinished(() => gateway.close());
  const observed = () =>
    eventually(() => {
      const last = heard.findLast((message) => message.kind === 'observe');
      const [revision] = last?.revisions ?? [];
      if (revision === undefined) throw new Error('nothing is observed');
      return revision;
    });
  return {
    ...world,
    observed,
    async tell(counts: { invocations: number; errors: number; slow: number }): Promise<void> {
      const outcomes = [{ ...(await observed()), ...counts }];
      gateway.send({ kind: 'outcomes', outcomes } satisfies GatewayMessage);
    },
  };
}

describe('the rollout of an Alias', () => {
  it('gives the new version its share, then everything', async ({ expect }) => {
    const { change, says } = await useAlias(CANARY);
    await change('Alias', 'live', { functionVersion: '2' });
    const going = await says('Alias', 'live', 'Unknown RollingOut');
    expect(going.status).toMatchObject({
      routing: { functionVersion: '1', additionalVersion: { version: '2', weight: 0.1 } },
      rollout: { phase: 'Progressing', fromVersion: '1', toVersion: '2', percentage: 10 },
    });
    const ended = await says('Alias', 'live', 'True Routed');
    expect(ended.status?.routing).toEqual({ functionVersion: '2' });
    expect(ended.status?.rollout).toMatchObject({ phase: 'Completed', percentage: 100, step: 2 });
    // A step is no change of the alias.
    expect(ended.status?.revisionId).toBe(going.status?.revisionId);
  });

  it('is taken back by what gateways have counted, and tried again when it is changed', async ({
    expect,
  }) => {
    const { change, says, tell, observed, version, events } = await useAlias(CAREFUL);
    await change('Alias', 'live', { functionVersion: '2' });
    await says('Alias', 'live', 'Unknown RollingOut');
    const { snapshot } = (await version('hello-2')).spec;
    expect(await observed()).toEqual({
      key: {
        namespace: 'default',
        functionName: 'hello',
        revision: `${snapshot?.revision ?? ''}.2`,
      },
      slowMs: 800,
    });

    await tell({ invocations: 30, errors: 3, slow: 0 });
    const back = await says('Alias', 'live', 'False RolledBack');
    expect(back.status?.routing).toEqual({ functionVersion: '1' });
    expect(back.status?.conditions[0]?.message).toBe(
      'Version 2 was taken back to version 1: 3 of 30 invocations (10 %) failed, at most 5 % may.',
    );
    expect(events).toContain('Warning RolledBack');

    await change('Alias', 'live', { description: 'once more' });
    await says('Alias', 'live', 'Unknown RollingOut');
  });

  it('goes on under the next operator, which counts anew', async ({ expect }) => {
    const { change, says, restart, tell, alias } = await useAlias(CAREFUL);
    await change('Alias', 'live', { functionVersion: '2' });
    const before = await says('Alias', 'live', 'Unknown RollingOut');
    await restart();
    await tell({ invocations: 100, errors: 0, slow: 6 });
    const back = await says('Alias', 'live', 'False RolledBack');
    expect(back.status?.rollout?.startedAt).toBe(before.status?.rollout?.startedAt);
    expect((await alias('live')).status?.rollout?.message).toContain('took longer than 800 ms');
  });

  it('is taken back, too, while the alias is to point to what is not there', async ({ expect }) => {
    const { change, says, tell, alias } = await useAlias(CAREFUL);
    await change('Alias', 'live', { functionVersion: '2' });
    await says('Alias', 'live', 'Unknown RollingOut');
    await change('Alias', 'live', { functionVersion: '9' });
    await says('Alias', 'live', 'False VersionNotFound');
    await tell({ invocations: 30, errors: 30, slow: 0 });
    await eventually(async () => {
      const { status } = await alias('live');
      expect(status?.routing).toEqual({ functionVersion: '1' });
      expect(status?.rollout?.phase).toBe('RolledBack');
    });
    await says('Alias', 'live', 'False VersionNotFound');
  });

  it('ends at once without spec.rollout, and goes back at once', async ({ expect }) => {
    const { change, says } = await useAlias(CAREFUL);
    await change('Alias', 'live', { functionVersion: '2' });
    await says('Alias', 'live', 'Unknown RollingOut');
    await change('Alias', 'live', { functionVersion: '1' });
    const back = await says('Alias', 'live', 'True Routed');
    expect(back.status).not.toHaveProperty('rollout');

    await change('Alias', 'live', { functionVersion: '2' });
    await says('Alias', 'live', 'Unknown RollingOut');
    await change('Alias', 'live', { rollout: undefined });
    const ended = await says('Alias', 'live', 'True Routed');
    expect(ended.status?.routing).toEqual({ functionVersion: '2' });
  });
});
