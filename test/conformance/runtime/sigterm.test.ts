import { it } from 'vitest';
import { describePromise, useProbe } from './harness/use-function.ts';

describePromise('the end of an execution environment', (runtime) => {
  it('is told to the runtime by SIGTERM, and its last words are logged', async ({ expect }) => {
    const probe = await useProbe(runtime);
    await probe.ask('count');
    await expect(probe.stop('stopped by SIGTERM')).resolves.toBeUndefined();
  });
});
