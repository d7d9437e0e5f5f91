import { cpSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'vitest';
import { kubectl, uniqueName } from '../e2e/helpers/cluster.ts';
import { useApplication } from './helpers/application.ts';
import { useGitRepository } from './helpers/git-repository.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const REFRESHES = 3;

/** The values of the release that is there, for a small one beside it that looks after one namespace. */
function readValues(namespace: string): object {
  const text = readFileSync(path.join(ROOT, '.cache/e2e-values.json'), 'utf8');
  const { functions, gateway, ...values } = JSON.parse(text) as {
    functions: object;
    gateway: object;
  };
  return {
    ...values,
    // They belong to the other one.
    crds: { install: false },
    functions: { ...functions, namespaces: [namespace] },
    operator: { replicas: 1 },
    gateway: { ...gateway, replicas: 1, drain: { delaySeconds: 0, timeoutSeconds: 5 } },
  };
}

describe('the chart as an Application', () => {
  it('becomes Healthy, and stays Synced while the operator makes what it needs', async ({
    expect,
  }) => {
    const namespace = uniqueName('platform');
    const repository = useGitRepository();
    cpSync(path.join(ROOT, 'charts/mayfly'), path.join(repository.folder, 'chart'), {
      recursive: true,
    });
    const revision = repository.commit({ 'chart/values-here.yaml': readValues(namespace) });
    const application = useApplication(repository, {
      path: 'chart',
      namespace,
      helm: { valueFiles: ['values-here.yaml'] },
      syncOptions: ['ServerSideApply=true'],
    });
    await application.reaches(revision, { sync: 'Synced', health: 'Healthy' });
    const made = kubectl('get', 'secrets', '-n', namespace, '-oname');
    expect(made.trim().split('\n').length).toBeGreaterThan(3);

    for (let done = 0; done < REFRESHES; done += 1) {
      await application.refresh();
      const { sync, history } = application.get().status ?? {};
      expect([sync?.status, history?.length]).toEqual(['Synced', 1]);
    }
  });
});
