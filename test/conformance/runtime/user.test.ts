import { it } from 'vitest';
import { describeClusterPromise, useProbe } from './harness/use-function.ts';

/** A line of /proc/self/status. */
function statusOf(text: unknown, name: string): string | undefined {
  return new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(String(text))?.[1];
}

describeClusterPromise('the user of the runtime', {
  unlike: 'own user, network and kernel limits',
  body: (runtime) => {
    it('is 993 of group 990, as in Lambda, without a way to become another', async ({ expect }) => {
      const probe = await useProbe(runtime);
      const status = await probe.ask('read', { path: '/proc/self/status' });
      expect(statusOf(status, 'Uid')?.split('\t')).toEqual(['993', '993', '993', '993']);
      expect(statusOf(status, 'Gid')?.split('\t')).toEqual(['990', '990', '990', '990']);
      expect(statusOf(status, 'CapEff')).toBe('0000000000000000');
      expect(statusOf(status, 'CapBnd')).toBe('0000000000000000');
      expect(statusOf(status, 'NoNewPrivs')).toBe('1');
    });
  },
});
