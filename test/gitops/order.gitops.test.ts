import { describe, it } from 'vitest';
import { kubectl } from '../e2e/helpers/cluster.ts';
import { poll, useApplication } from './helpers/application.ts';
import { aFunctionInGit, expectAnswer } from './helpers/function-in-git.ts';
import { useGitRepository } from './helpers/git-repository.ts';

function inWave(wave: number): { readonly annotations: Record<string, string> } {
  return { annotations: { 'argocd.argoproj.io/sync-wave': String(wave) } };
}

describe('one sync', () => {
  it('brings what Functions read before them, without waves', async ({ expect }) => {
    const repository = useGitRepository();
    const revision = repository.commit({
      'a-function.yaml': aFunctionInGit('reader', '', {
        spec: {
          code: { inline: 'exports.handler = async () => process.env.GREETING;' },
          environment: {
            from: [{ configMapKeyRef: { name: 'words', key: 'greeting' }, name: 'GREETING' }],
          },
        },
      }),
      'z-words.yaml': {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'words' },
        data: { greeting: 'from Git' },
      },
    });
    const application = useApplication(repository);
    await application.reaches(revision, { sync: 'Synced', health: 'Healthy' });
    await poll(() => expectAnswer('reader', application.namespace, 'from Git'));

    const { operationState } = application.get().status ?? {};
    const names = operationState?.syncResult?.resources?.map(({ name }) => name) ?? [];
    expect(names.indexOf('words')).toBeLessThan(names.indexOf('reader'));
  });

  it('makes no later wave while a Function of an earlier one is not Healthy', async ({
    expect,
  }) => {
    const repository = useGitRepository();
    const broken = { code: { zip: { configMap: { name: 'nowhere', key: 'code.zip' } } } };
    const second = aFunctionInGit('second', 'two', inWave(1));
    const stuck = repository.commit({
      'first.yaml': aFunctionInGit('first', 'one', { ...inWave(0), spec: broken }),
      'second.yaml': second,
    });
    const application = useApplication(repository);
    await application.reaches(stuck, { sync: 'OutOfSync', health: 'Degraded' });
    await poll(() => {
      expect(application.syncMessages()).toMatch(/^CodeNotFound: /m);
    });
    expect(kubectl('get', 'fn', '-n', application.namespace, '-oname').trim()).toBe(
      'function.mayfly.dev/first',
    );

    const mended = aFunctionInGit('first', 'one', inWave(0));
    const revision = repository.commit({ 'first.yaml': mended });
    await application.reaches(revision, { sync: 'Synced', health: 'Healthy' });
    await poll(() => expectAnswer('second', application.namespace, 'two'));
  });
});
