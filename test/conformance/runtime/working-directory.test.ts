import { it } from 'vitest';
import { packageOf } from './harness/runtimes.ts';
import { describePromise, useProbe } from './harness/use-function.ts';

describePromise('the working directory', (runtime) => {
  it('is the folder of the code', async ({ expect }) => {
    const probe = await useProbe(runtime);
    const variables = await probe.ask('variables');
    const { path, files } = (await probe.ask('directory')) as { path: string; files: string[] };
    expect(variables).toHaveProperty('LAMBDA_TASK_ROOT', path);
    expect(files).toEqual(
      expect.arrayContaining(Object.keys(packageOf(runtime.language, '').files)),
    );
  });
});
