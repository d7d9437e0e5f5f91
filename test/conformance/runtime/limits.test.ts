import { it } from 'vitest';
import { describeClusterPromise, useProbe } from './harness/use-function.ts';

/** The soft limit of /proc/self/limits. */
function limitOf(text: unknown, name: string): number {
  const limit = new RegExp(`^${name}\\s+(\\d+|unlimited)`, 'm').exec(String(text))?.[1];
  return limit === 'unlimited' ? Infinity : Number(limit);
}

describeClusterPromise('the limits of the runtime', {
  unlike: 'own user, network and kernel limits',
  body: (runtime) => {
    it.for(['Max open files', 'Max processes'])(
      'are at least those of Lambda: %s',
      async (name, { expect }) => {
        const probe = await useProbe(runtime);
        const limits = await probe.ask('read', { path: '/proc/self/limits' });
        expect(limitOf(limits, name)).toBeGreaterThanOrEqual(1024);
      },
    );
  },
});
