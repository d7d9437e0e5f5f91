import { describe, it } from 'vitest';
import { kubectl } from '../e2e/helpers/cluster.ts';
import { poll, useApplication, type Application } from './helpers/application.ts';
import { aFunctionInGit, callByUrl, expectAnswer } from './helpers/function-in-git.ts';
import { useGitRepository, type GitRepository } from './helpers/git-repository.ts';
import { timed } from './helpers/timed.ts';

const GOOD = { sync: 'Synced', health: 'Healthy' } as const;
const BROKEN = { sync: 'Synced', health: 'Degraded' } as const;
const CLERK = 'clerk';
const BROKEN_INIT = 'throw new Error("no luck");';
const OTHER_ARCHITECTURE = process.arch === 'arm64' ? 'x86_64' : 'arm64';

/** An Application with one function, which answers `one`. */
async function useGreeting(): Promise<{ repository: GitRepository; application: Application }> {
  const repository = useGitRepository();
  const revision = repository.commit({ 'greeting.yaml': aFunctionInGit('greeting', 'one') });
  const application = useApplication(repository);
  await application.reaches(revision, GOOD);
  return { repository, application };
}

async function untilAnswered(application: Application, answer: string): Promise<void> {
  await poll(() => expectAnswer('greeting', application.namespace, answer));
}

describe('a commit', () => {
  it('is a running function seconds later, and so is the next one', async ({ expect }) => {
    const repository = useGitRepository();
    const first = repository.commit({ 'greeting.yaml': aFunctionInGit('greeting', 'one') });
    const application = useApplication(repository);
    await timed('first commit to first answer', () => untilAnswered(application, 'one'));
    await application.reaches(first, GOOD);
    expect(application.stateOf('Function', 'greeting')?.health?.message).toMatch(/^Active: /);

    const next = repository.commit({ 'greeting.yaml': aFunctionInGit('greeting', 'two') });
    await timed('next commit to its answer', () => untilAnswered(application, 'two'));
    await application.reaches(next, GOOD);
  });

  it.for([
    [
      'whose code is not there',
      { code: { zip: { configMap: { name: 'nowhere', key: 'code.zip' } } } },
      /^CodeNotFound: .*nowhere/,
    ],
    [
      'for another architecture',
      { architectures: [OTHER_ARCHITECTURE] },
      /^ArchitectureNotAvailable: /,
    ],
  ] as const)(
    '%s is Degraded with the reason, while what was served goes on answering; taken back it is Healthy',
    async ([, spec, reason], { expect }) => {
      const { repository, application } = await useGreeting();
      await untilAnswered(application, 'one');

      const broken = aFunctionInGit('greeting', 'two', { spec });
      const revision = repository.commit({ 'greeting.yaml': broken });
      await timed('broken commit to Degraded', () => application.reaches(revision, BROKEN));

      expect(application.stateOf('Function', 'greeting')?.health?.message).toMatch(reason);
      await expectAnswer('greeting', application.namespace, 'one');
      // New execution environments, too.
      const pods = ['pods', '-l', 'mayfly.dev/function=greeting', '-n', application.namespace];
      kubectl('delete', ...pods, '--wait=false');
      await untilAnswered(application, 'one');

      await timed('revert to Healthy', () => application.reaches(repository.revert(), GOOD));
      await expectAnswer('greeting', application.namespace, 'one');
    },
  );

  it.for([
    [
      'pod cannot be made',
      {
        'greeting.yaml': aFunctionInGit('greeting', 'one', { spec: { serviceAccountName: CLERK } }),
      },
      /^StartFailed: .*clerk/,
      { 'account.yaml': { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: CLERK } } },
    ],
    [
      'init fails',
      {
        'greeting.yaml': aFunctionInGit('greeting', '', {
          spec: { code: { inline: BROKEN_INIT } },
        }),
      },
      /^InitFailed: .*no luck/,
      { 'greeting.yaml': aFunctionInGit('greeting', 'one') },
    ],
  ] as const)(
    'whose %s is Degraded once it is called, until one has started',
    async ([, broken, reason, mended], { expect }) => {
      const repository = useGitRepository();
      repository.commit(broken);
      const application = useApplication(repository);
      // Called all the while: an operator that is replaced meanwhile remembers no failure.
      await poll(async () => {
        await callByUrl('greeting', application.namespace);
        const { health } = application.stateOf('Function', 'greeting') ?? {};
        expect(health?.status).toBe('Degraded');
        expect(health?.message).toMatch(reason);
      });

      const revision = repository.commit(mended);
      await untilAnswered(application, 'one');
      await application.reaches(revision, GOOD);
    },
  );

  it('that the API server refuses fails to sync, and changes nothing', async ({ expect }) => {
    const { repository, application } = await useGreeting();
    const spec = { timeout: 1000 };
    const revision = repository.commit({
      'greeting.yaml': aFunctionInGit('greeting', 'two', { spec }),
    });
    await application.reaches(revision, { sync: 'OutOfSync', health: 'Healthy' });
    await poll(() => {
      expect(application.syncMessages()).toContain('spec.timeout');
    });
    await expectAnswer('greeting', application.namespace, 'one');

    await application.reaches(repository.revert(), GOOD);
  });

  it('that deletes a function ends it and its pods', async ({ expect }) => {
    const repository = useGitRepository();
    repository.commit({
      'greeting.yaml': aFunctionInGit('greeting', 'one'),
      'other.yaml': aFunctionInGit('other', 'two'),
    });
    const application = useApplication(repository);
    await untilAnswered(application, 'one');

    const revision = repository.commit({ 'greeting.yaml': undefined });
    await timed('deleting commit to no pods', () => application.reaches(revision, GOOD));

    const where = ['-n', application.namespace, '-oname'];
    expect(kubectl('get', 'fn', ...where).trim()).toBe('function.mayfly.dev/other');
    await poll(() => {
      expect(kubectl('get', 'pods', '-l', 'mayfly.dev/function=greeting', ...where)).toBe('');
    });

    await poll(() => expectAnswer('other', application.namespace, 'two'));
    application.delete();
    expect(kubectl('get', 'fn', ...where)).toBe('');
    await poll(() => {
      expect(kubectl('get', 'pods', ...where)).toBe('');
    });
  });
});
