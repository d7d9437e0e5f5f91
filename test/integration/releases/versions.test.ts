import { eventually } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { digestOf, useReleaseWorld } from '../../helpers/release-world.ts';

const ONE = { functionName: 'hello' };

describe('a Version', () => {
  it('is filled with what the function serves, and stays so when the function changes', async ({
    expect,
  }) => {
    const { serve, create, says, events } = await useReleaseWorld();
    const { status } = await serve('hello', 'one', { memorySize: 256 });
    await create('Version', 'first', { ...ONE, description: 'the first' });
    const first = await says('Version', 'first', 'True Published');
    expect(first.spec).toMatchObject({
      version: 1,
      snapshot: { ...status?.served, configuration: { memorySize: 256 } },
    });
    expect(first.status).toMatchObject({
      version: '1',
      functionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:hello:1',
      lastModified: expect.any(String) as string,
    });
    expect(events).toContain('Normal Published');

    await serve('hello', 'two', { memorySize: 512 });
    await create('Version', 'second', ONE);
    const second = await says('Version', 'second', 'True Published');
    expect(second.spec.version).toBe(2);
    expect((await says('Version', 'first', 'True Published')).spec).toEqual(first.spec);
    const fn = await says('Function', 'hello', 'True Active');
    expect(fn.status?.latestVersion).toBe('2');
  });

  it('waits for its function, and for the function to be served as it is specified', async ({
    expect,
  }) => {
    const { serve, create, says, change } = await useReleaseWorld();
    await create('Version', 'early', ONE);
    await says('Version', 'early', 'False FunctionNotFound');
    await serve('hello', 'one');
    await says('Version', 'early', 'True Published');

    await change('Function', 'hello', { architectures: ['arm64'] });
    await says('Function', 'hello', 'False ArchitectureNotAvailable');
    await create('Version', 'later', ONE);
    await says('Version', 'later', 'Unknown FunctionPending');
    await serve('hello', 'two', { architectures: undefined });
    const later = await says('Version', 'later', 'True Published');
    expect(later.spec.snapshot?.codeSha256).toBe(digestOf('two'));
  });

  it('publishes nothing while $LATEST is what was published last, and remembers that', async ({
    expect,
  }) => {
    const { serve, create, says, versions } = await useReleaseWorld();
    await serve('hello', 'one');
    await create('Version', 'first', ONE);
    await says('Version', 'first', 'True Published');
    await create('Version', 'again', ONE);
    const again = await says('Version', 'again', 'True Unchanged');
    expect(again.status?.version).toBe('1');

    await serve('hello', 'two');
    await create('Version', 'next', ONE);
    await says('Version', 'next', 'True Published');
    expect((await says('Version', 'again', 'True Unchanged')).status?.version).toBe('1');
    expect(await versions()).toEqual(['again: undefined', 'first: 1', 'next: 2']);
  });

  it('is made once of what several ask for at once', async ({ expect }) => {
    const { serve, create, versions, store } = await useReleaseWorld();
    await serve('hello', 'one');
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => create('Version', name, ONE)));
    await eventually(async () => {
      const { items } = await store.list('Version');
      expect(items.map(({ status }) => status?.version)).toEqual(['1', '1', '1', '1', '1']);
    });
    const filled = (await versions()).filter((text) => text.endsWith(': 1'));
    expect(filled).toHaveLength(1);
  });

  it('waits until its guards hold', async ({ expect }) => {
    const { serve, create, says } = await useReleaseWorld();
    await serve('hello', 'one');
    await create('Version', 'guarded', { ...ONE, codeSha256: digestOf('two') });
    const waiting = await says('Version', 'guarded', 'Unknown CodeSha256Differs');
    expect(waiting.status?.conditions[0]?.message).toBe(
      `CodeSHA256 (${digestOf('two')}) is different from current CodeSHA256 in $LATEST (${digestOf('one')}). Please try again with the CodeSHA256 in $LATEST.`,
    );
    await create('Version', 'other', { ...ONE, revisionId: 'x' });
    await says('Version', 'other', 'Unknown RevisionIdDiffers');
    const { status } = await serve('hello', 'two');
    await says('Version', 'guarded', 'True Published');
    await create('Version', 'exact', { ...ONE, revisionId: status?.revisionId });
    await says('Version', 'exact', 'True Unchanged');
  });

  it('never gets a number that another one had, whatever was deleted since', async ({ expect }) => {
    const { serve, create, says, remove, gone, restart } = await useReleaseWorld();
    await serve('hello', 'one');
    await create('Version', 'first', ONE);
    await says('Version', 'first', 'True Published');
    await remove('Version', 'first');
    await gone('Version', 'first');
    await remove('Function', 'hello');
    await gone('Function', 'hello');
    await restart();
    await serve('hello', 'one');
    await create('Version', 'first', ONE);
    expect((await says('Version', 'first', 'True Published')).spec.version).toBe(2);
  });

  it('that comes complete is served as it is, and its number is passed over', async ({
    expect,
  }) => {
    const { serve, create, says, remove, gone, version } = await useReleaseWorld();
    await serve('hello', 'one');
    await create('Version', 'first', ONE);
    await says('Version', 'first', 'True Published');
    const { snapshot } = (await version('first')).spec;
    const restored = { ...ONE, version: 7, snapshot: { ...snapshot, revision: 'old' } };
    await create('Version', 'restored', restored);
    await says('Version', 'restored', 'True Published');
    await create('Version', 'twice', { ...restored, version: 1 });
    await says('Version', 'twice', 'False VersionNumberTaken');
    await remove('Version', 'restored');
    await gone('Version', 'restored');
    await serve('hello', 'two');
    await create('Version', 'next', ONE);
    expect((await says('Version', 'next', 'True Published')).spec.version).toBe(8);
  });

  it('says that its code is lost', async ({ expect }) => {
    const { serve, create, says, codeStore, restart } = await useReleaseWorld();
    await serve('hello', 'one');
    await create('Version', 'first', ONE);
    await says('Version', 'first', 'True Published');
    await serve('hello', 'two');
    await codeStore.retain(new Set([digestOf('two')]));
    await restart();
    const lost = await says('Version', 'first', 'False CodeLost');
    expect(lost.status?.conditions.map(({ type }) => type)).toEqual(['Ready', 'CodeAvailable']);
  });

  it('keeps its code over a restart', async ({ expect }) => {
    const { serve, create, says, codeStore, restart } = await useReleaseWorld();
    await serve('hello', 'one');
    await create('Version', 'first', ONE);
    await says('Version', 'first', 'True Published');
    await serve('hello', 'two');
    await restart();
    expect(await codeStore.open(digestOf('one'))).toBeDefined();
  });
});

describe('publish: OnChange', () => {
  const onChange = { publish: 'OnChange' };

  it('makes a Version of each new code or configuration', async ({ expect }) => {
    const { serve, says, change, versions, version } = await useReleaseWorld();
    const fn = await serve('hello', 'one', onChange);
    await says('Version', 'hello-1', 'True Published');
    await change('Function', 'hello', { description: 'words change nothing' });
    await serve('hello', 'two');
    await says('Version', 'hello-2', 'True Published');
    await change('Function', 'hello', { timeout: 9 });
    await says('Version', 'hello-3', 'True Published');
    expect(await versions()).toEqual(['hello-1: 1', 'hello-2: 2', 'hello-3: 3']);
    expect((await version('hello-3')).metadata).toMatchObject({
      labels: { 'mayfly.dev/published-by': 'OnChange' },
      ownerReferences: [{ kind: 'Function', name: 'hello', uid: fn.metadata.uid }],
    });
  });

  it('publishes nothing that a Version has already, nor anything while it is off', async ({
    expect,
  }) => {
    const { serve, create, says, change, versions } = await useReleaseWorld();
    await serve('hello', 'one');
    await create('Version', 'first', ONE);
    await says('Version', 'first', 'True Published');
    await change('Function', 'hello', onChange);
    await serve('hello', 'two');
    await says('Version', 'hello-2', 'True Published');
    await change('Function', 'hello', { publish: 'Never' });
    await serve('hello', 'three');
    await create('Version', 'third', ONE);
    await says('Version', 'third', 'True Published');
    expect(await versions()).toEqual(['first: 1', 'hello-2: 2', 'third: 3']);
  });

  it('keeps as many as it is to, and those that are in use', async ({ expect }) => {
    const { serve, create, says, gone, change, versions } = await useReleaseWorld();
    await serve('hello', 'one', { ...onChange, versionHistoryLimit: 2 });
    await says('Version', 'hello-1', 'True Published');
    await create('Alias', 'live', { ...ONE, name: 'live', functionVersion: '1' });
    await says('Alias', 'live', 'True Routed');
    for (const [index, code] of ['two', 'three', 'four'].entries()) {
      await serve('hello', code);
      await says('Version', `hello-${(index + 2).toString()}`, 'True Published');
    }
    await gone('Version', 'hello-2');
    expect(await versions()).toEqual(['hello-1: 1', 'hello-3: 3', 'hello-4: 4']);
    await change('Alias', 'live', { functionVersion: '4' });
    await gone('Version', 'hello-1');
  });

  it('leaves nothing behind when its function goes, whatever names it', async ({ expect }) => {
    const { serve, create, says, remove, gone, versions } = await useReleaseWorld();
    await serve('hello', 'one', onChange);
    await says('Version', 'hello-1', 'True Published');
    await create('Alias', 'live', { ...ONE, name: 'live', functionVersion: '1' });
    await says('Alias', 'live', 'True Routed');
    await remove('Function', 'hello');
    await gone('Function', 'hello');
    await gone('Version', 'hello-1');
    expect(await versions()).toEqual([]);
    await says('Alias', 'live', 'False FunctionNotFound');
  });
});
