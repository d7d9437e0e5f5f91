import { it } from 'vitest';
import { probeOf } from './harness/runtimes.ts';
import { describePromise, useFunctionUnderTest, useProbe } from './harness/use-function.ts';

interface Count {
  readonly count: number;
  readonly stream: string;
}

describePromise('an execution environment', (runtime) => {
  it('keeps its state from one invocation to the next', async ({ expect }) => {
    const probe = await useProbe(runtime);
    const first = (await probe.ask('count')) as Count;
    expect(await probe.ask('count')).toEqual({ count: first.count + 1, stream: first.stream });
    expect(await probe.ask('count')).toEqual({ count: first.count + 2, stream: first.stream });
  });
});

describePromise(
  'the first invocation',
  (runtime) => {
    it('says how long init took, and no later one does', async ({ expect }) => {
      const fn = await useFunctionUnderTest({ runtime, ...probeOf(runtime.language) });
      const cold = await fn.invoke({ ask: 'count' });
      expect(cold.payload).toHaveProperty('count', 1);
      expect(cold.logTail).toMatch(/REPORT RequestId: .*\tInit Duration: [\d.]+ ms/);
      const warm = await fn.invoke({ ask: 'count' });
      expect(warm.payload).toHaveProperty('count', 2);
      expect(warm.logTail).toContain('REPORT RequestId: ');
      expect(warm.logTail).not.toContain('Init Duration');
    });
  },
  ['nodejs', 'python', 'bash'],
);
