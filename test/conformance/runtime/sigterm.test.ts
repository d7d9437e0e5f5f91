import { eventually } from '@mayfly/testkit';
import { it } from 'vitest';
import { describePromise, useProbe } from './harness/use-function.ts';

describePromise('the end of an execution environment', (runtime) => {
  if (runtime.isDeafToSignals === true) {
    it('comes by SIGKILL, because the client of this runtime hears no SIGTERM', async ({
      expect,
    }) => {
      const probe = await useProbe(runtime);
      const status = await probe.ask('read', { path: '/proc/self/stat' });
      const pid = Number.parseInt(String(status), 10);
      expect(() => process.kill(pid, 0)).not.toThrow();
      await probe.stop();
      await eventually(() => {
        expect(() => process.kill(pid, 0)).toThrow('ESRCH');
      });
    });
    return;
  }

  it('is told to the runtime by SIGTERM, and its last words are logged', async ({ expect }) => {
    const probe = await useProbe(runtime);
    await probe.ask('count');
    await expect(probe.stop('stopped by SIGTERM')).resolves.toBeUndefined();
  });
});
