import { it } from 'vitest';
import { describeClusterPromise, useProbe } from './harness/use-function.ts';

describeClusterPromise('everything but /tmp', {
  unlike: 'own file system',
  body: (runtime) => {
    it.for([
      '/var/task/new',
      '/opt/new',
      '/var/runtime/new',
      '/new',
      '/etc/passwd',
      '/var/tmp/new',
    ])('is read-only: %s', async (path, { expect }) => {
      const probe = await useProbe(runtime);
      const answer = await probe.ask('write', { path, text: 'x' });
      expect(answer).toMatch(/read-only file system|permission denied/i);
    });

    it('is owned by root: the code, too', async ({ expect }) => {
      const probe = await useProbe(runtime);
      const { files } = (await probe.ask('directory')) as { readonly files: string[] };
      const path = `/var/task/${files[0] ?? ''}`;
      const answer = await probe.ask('write', { path, text: 'x' });
      expect(answer).toMatch(/read-only file system|permission denied/i);
    });
  },
});
