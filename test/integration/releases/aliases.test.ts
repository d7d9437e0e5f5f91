import { eventually } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { useReleaseWorld, type ReleaseWorld } from '../../helpers/release-world.ts';

const LIVE = { functionName: 'hello', name: 'live' };
const weights = (additionalVersionWeights: object): object => ({
  routingConfig: { additionalVersionWeights },
});

/** With a function of as many versions: `hello-1`, `hello-2` and so on. */
async function useVersions(count: number): Promise<ReleaseWorld> {
  const world = await useReleaseWorld();
  for (let number = 1; number <= count; number += 1) {
    await world.serve('hello', `code ${number.toString()}`, { publish: 'OnChange' });
    await world.says('Version', `hello-${number.toString()}`, 'True Published');
  }
  return world;
}

describe('an Alias', () => {
  it('routes to what its spec says', async ({ expect }) => {
    const { create, says, change } = await useVersions(2);
    await create('Alias', 'live', { ...LIVE, functionVersion: '1', url: { authType: 'NONE' } });
    const { status } = await says('Alias', 'live', 'True Routed');
    expect(status).toMatchObject({
      aliasArn: 'arn:aws:lambda:eu-west-1:000000000000:function:hello:live',
      routing: { functionVersion: '1', url: { authType: 'NONE' } },
      url: 'http://live.test/',
      revisionId: expect.any(String) as string,
    });
    await change('Alias', 'live', { ...weights({ 2: 0.25 }), url: undefined });
    const weighted = await says('Alias', 'live', 'True Routed');
    expect(weighted.status?.routing).toEqual({
      functionVersion: '1',
      additionalVersion: { version: '2', weight: 0.25 },
    });
    expect(weighted.status).not.toHaveProperty('url');
    expect(weighted.status?.revisionId).not.toBe(status?.revisionId);
  });

  it('keeps its old routing while it names what is not there', async ({ expect }) => {
    const { create, says, change, events, serve } = await useVersions(1);
    await create('Alias', 'live', { ...LIVE, functionVersion: '1' });
    const before = await says('Alias', 'live', 'True Routed');
    await change('Alias', 'live', { functionVersion: '2' });
    const refused = await says('Alias', 'live', 'False VersionNotFound');
    expect(refused.status?.routing).toEqual({ functionVersion: '1' });
    expect(refused.status?.revisionId).toBe(before.status?.revisionId);
    expect(refused.status?.conditions[0]?.message).toBe(
      'Function not found: arn:aws:lambda:eu-west-1:000000000000:function:hello:2',
    );
    expect(events).toContain('Warning VersionNotFound');

    await serve('hello', 'code 2');
    expect((await says('Alias', 'live', 'True Routed')).status?.routing).toEqual({
      functionVersion: '2',
    });
  });

  it('has no two versions with different service accounts', async ({ expect }) => {
    const { create, says, serve, change } = await useVersions(1);
    await serve('hello', 'code 2', { serviceAccountName: 'reader' });
    await says('Version', 'hello-2', 'True Published');
    await create('Alias', 'live', { ...LIVE, functionVersion: '1', ...weights({ 2: 0.5 }) });
    await says('Alias', 'live', 'False ServiceAccountsDiffer');
    await change('Alias', 'live', { functionVersion: '2', routingConfig: undefined });
    const { status } = await says('Alias', 'live', 'True Routed');
    expect(status?.routing).toEqual({ functionVersion: '2' });
  });

  it('has its name alone, and leaves it to the next when it goes', async ({ expect }) => {
    const { create, says, remove } = await useVersions(1);
    await create('Alias', 'a', { ...LIVE, functionVersion: '1' });
    await says('Alias', 'a', 'True Routed');
    await create('Alias', 'b', { ...LIVE, functionVersion: '1' });
    const refused = await says('Alias', 'b', 'False AliasNameTaken');
    expect(refused.status?.routing).toBeUndefined();
    await remove('Alias', 'a');
    await says('Alias', 'b', 'True Routed');
  });

  it('holds the versions that it points to', async ({ expect }) => {
    const { create, remove, gone, change, version, events } = await useVersions(2);
    await create('Alias', 'live', { ...LIVE, functionVersion: '2', ...weights({ 1: 0.1 }) });
    await remove('Version', 'hello-1');
    const held = await eventually(async () => {
      const { status, spec } = await version('hello-1');
      const condition = status?.conditions.find(({ type }) => type === 'Deletable');
      if (condition === undefined) throw new Error('nothing is said yet');
      return { condition, spec };
    });
    expect(held).toMatchObject({
      condition: {
        status: 'False',
        reason: 'AliasesPointToVersion',
        message:
          'Version 1 of hello cannot be deleted while aliases point to it: live. It is served until they point elsewhere.',
      },
      spec: { version: 1, snapshot: {} },
    });
    expect(events).toContain('Warning AliasesPointToVersion');
    await change('Alias', 'live', { routingConfig: undefined });
    await gone('Version', 'hello-1');
  });

  it('may point to what changes', async ({ expect }) => {
    const { create, says } = await useVersions(0);
    await create('Alias', 'live', { ...LIVE, functionVersion: '$LATEST' });
    await says('Alias', 'live', 'False FunctionNotFound');
    await create('Function', 'hello', {
      runtime: 'nodejs24.x',
      handler: 'index.handler',
      code: { inline: 'x' },
    });
    const { status } = await says('Alias', 'live', 'True Routed');
    expect(status?.routing).toEqual({ functionVersion: '$LATEST' });
  });
});
