import { eventually } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import {
  API_NAMESPACE,
  deleteFunction,
  kubectl,
  nodeSpec,
  uniqueName,
  useFunction,
  waitReady,
} from './helpers/cluster.ts';
import { change, find, gone, put, remove, says } from './helpers/releases.ts';

function answering(text: string, spec: object = {}): Record<string, unknown> {
  return nodeSpec(`exports.handler = async () => '${text}';`, { ...spec });
}

describe('a Version', () => {
  it('is what the function was, under a number that no other one gets', async ({ expect }) => {
    const functionName = await useFunction(answering('one', { memorySize: 256 }));
    const [first, again, second] = ['a', 'b', 'c'].map((of) => `${functionName}-${of}`) as [
      string,
      string,
      string,
    ];
    put('Version', first, { functionName, description: 'the first' });
    const one = await says('Version', first, 'True Published');
    expect(one.spec).toMatchObject({
      version: 1,
      snapshot: { configuration: { memorySize: 256 } },
    });
    expect(one.status?.functionArn).toMatch(new RegExp(`:function:${functionName}:1$`));
    put('Version', again, { functionName });
    expect((await says('Version', again, 'True Unchanged')).status?.version).toBe('1');

    const resource = `version/${first}`;
    const faster = JSON.stringify({ spec: { snapshot: { configuration: { memorySize: 512 } } } });
    expect(() =>
      kubectl('patch', resource, '-n', API_NAMESPACE, '--type=merge', '-p', faster),
    ).toThrow('a published version stays as it is');

    remove('Version', first);
    await gone('Version', first);
    change('Function', functionName, answering('two'));
    await waitReady(functionName);
    put('Version', second, { functionName });
    const two = await says('Version', second, 'True Published');
    expect(two.spec.version).toBe(2);
    expect(two.spec.snapshot?.codeSha256).not.toBe(one.spec.snapshot?.codeSha256);
  });

  it('waits for the code that it is to be of', async ({ expect }) => {
    const functionName = await useFunction(answering('one'));
    const guarded = `${functionName}-guarded`;
    put('Version', guarded, { functionName, revisionId: 'another' });
    const { status } = await says('Version', guarded, 'Unknown RevisionIdDiffers');
    expect(status?.conditions?.[0]?.message).toContain('does not match the latest Revision Id');
  });
});

describe('publish: OnChange', () => {
  it('keeps the newest, and what an alias names', async ({ expect }) => {
    const spec = { publish: 'OnChange', versionHistoryLimit: 1 };
    const functionName = await useFunction(answering('1', spec));
    const alias = `${functionName}-live`;
    await says('Version', `${functionName}-1`, 'True Published');
    put('Alias', alias, { functionName, name: 'live', functionVersion: '1' });
    await says('Alias', alias, 'True Routed');
    for (const text of ['2', '3']) {
      change('Function', functionName, answering(text, spec));
      await says('Version', `${functionName}-${text}`, 'True Published');
    }
    await gone('Version', `${functionName}-2`);
    await eventually(() => {
      expect(find('Function', functionName).status?.latestVersion).toBe('3');
    });

    // Deleted by hand, it waits for the alias.
    remove('Version', `${functionName}-1`);
    await eventually(() => {
      const { status } = find('Version', `${functionName}-1`);
      const held = status?.conditions?.find(({ type }) => type === 'Deletable');
      expect(held?.message).toContain('cannot be deleted while aliases point to it: live');
    });
    change('Alias', alias, { functionName, name: 'live', functionVersion: '3' });
    await gone('Version', `${functionName}-1`);

    deleteFunction(functionName);
    await gone('Version', `${functionName}-3`);
  });
});

describe('an Alias', () => {
  it('keeps its old routing while it names what is not there', async ({ expect }) => {
    const functionName = await useFunction(answering('1', { publish: 'OnChange' }));
    const alias = uniqueName('alias');
    await says('Version', `${functionName}-1`, 'True Published');
    put('Alias', alias, { functionName, name: 'live', functionVersion: '1' });
    await says('Alias', alias, 'True Routed');
    change('Alias', alias, { functionName, name: 'live', functionVersion: '9' });
    const refused = await says('Alias', alias, 'False VersionNotFound');
    expect(refused.status?.routing).toEqual({ functionVersion: '1' });
    expect(refused.status?.conditions?.[0]?.message).toMatch(
      new RegExp(`^Function not found: arn:aws:lambda:.*:function:${functionName}:9$`),
    );
    await eventually(() => {
      const of = `regarding.name=${alias}`;
      const events = kubectl(
        'get',
        'events.events.k8s.io',
        '-n',
        API_NAMESPACE,
        `--field-selector=${of}`,
      );
      expect(events).toContain('VersionNotFound');
    });
    change('Alias', alias, {
      functionName,
      name: 'live',
      functionVersion: '$LATEST',
    });
    expect((await says('Alias', alias, 'True Routed')).status?.routing).toEqual({
      functionVersion: '$LATEST',
    });
  });
});
