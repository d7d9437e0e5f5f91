import { describe, it } from 'vitest';
import { getFunction, kubectl } from '../e2e/helpers/cluster.ts';
import { poll, useApplication, type Application } from './helpers/application.ts';
import { aFunctionInGit, expectAnswer } from './helpers/function-in-git.ts';
import { useGitRepository } from './helpers/git-repository.ts';

const REFRESHES = 4;
const GOOD = { sync: 'Synced', health: 'Healthy' } as const;

/** Much of what a spec may hold, so that much could be written in another way than it was read. */
const SPEC = {
  description: 'Says something',
  memorySize: 256,
  timeout: 10,
  ephemeralStorage: 512,
  environment: { variables: { EMPTY: '', NUMBER: '1', LONG: 'x\ny\n' } },
  url: { authType: 'NONE', cors: { allowOrigins: ['*'], allowMethods: ['GET'] } },
  loggingConfig: { logFormat: 'JSON' },
  scaling: { idleSeconds: 300 },
  podTemplate: {
    labels: { team: 'birds' },
    tolerations: [{ key: 'spot', operator: 'Exists' }],
    volumes: [{ name: 'scratch', emptyDir: { sizeLimit: '1Gi' } }],
    volumeMounts: [{ name: 'scratch', mountPath: '/mnt/scratch' }],
  },
};

/** All that a sync or a change of an object would leave behind. */
function tracesOf(application: Application): object {
  const { operationState, history, sync } = application.get().status ?? {};
  return {
    sync: sync?.status,
    finishedAt: operationState?.finishedAt,
    syncs: history?.length,
    generation: getFunction('steady', application.namespace).metadata.generation,
  };
}

describe('what is synced', () => {
  it.for([
    ['by client-side apply', {}],
    [
      'by server-side apply and diff',
      {
        syncOptions: ['ServerSideApply=true'],
        annotations: { 'argocd.argoproj.io/compare-options': 'ServerSideDiff=true' },
      },
    ],
  ] as const)(
    'stays synced, whatever the operator writes beside it: %s',
    async ([, options], { expect }) => {
      const repository = useGitRepository();
      const steady = aFunctionInGit('steady', 'one', { spec: SPEC });
      const revision = repository.commit({ 'steady.yaml': steady });
      const application = useApplication(repository, options);
      await application.reaches(revision, GOOD);
      // A pod, counts in the status, a finalizer.
      await poll(() => expectAnswer('steady', application.namespace, 'one'));
      const before = tracesOf(application);
      expect(before).toMatchObject({ sync: 'Synced', syncs: 1, generation: 1 });

      for (let done = 0; done < REFRESHES; done += 1) {
        await application.refresh();
        expect(tracesOf(application)).toEqual(before);
      }
    },
  );

  it('is put right when somebody changes it by hand', async ({ expect }) => {
    const repository = useGitRepository();
    const revision = repository.commit({ 'steady.yaml': aFunctionInGit('steady', 'one') });
    const application = useApplication(repository);
    await application.reaches(revision, GOOD);

    const inline = 'exports.handler = async () => "by hand";';
    const patch = JSON.stringify({ spec: { code: { inline } } });
    kubectl('patch', 'fn/steady', '-n', application.namespace, '--type=merge', '-p', patch);
    await poll(() => {
      const code = kubectl(
        'get',
        'fn/steady',
        '-n',
        application.namespace,
        '-o',
        'jsonpath={.spec.code}',
      );
      expect(code).not.toContain('by hand');
    });
    await application.reaches(revision, GOOD);
    await poll(() => expectAnswer('steady', application.namespace, 'one'));
  });
});
