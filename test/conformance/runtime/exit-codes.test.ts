import { it } from 'vitest';
import { packageOf } from './harness/runtimes.ts';
import { describePromise, useFunctionUnderTest, useProbe } from './harness/use-function.ts';

describePromise('a runtime', (runtime) => {
  it.for([
    [{ ask: 'exit', status: 0 }, 'Runtime exited without providing a reason'],
    [{ ask: 'exit', status: 7 }, 'Runtime exited with error: exit status 7'],
    [{ ask: 'kill' }, 'Runtime exited with error: signal: killed'],
  ] as const)('may end with %o: the next invocation works', async ([event, reason], { expect }) => {
    const probe = await useProbe(runtime);
    const ended = await probe.invoke(event);
    expect(ended).toMatchObject({
      status: 200,
      functionError: 'Unhandled',
      payload: {
        errorType: 'Runtime.ExitError',
        errorMessage: `RequestId: ${ended.requestId} Error: ${reason}`,
      },
    });
    expect(await probe.ask('count')).toHaveProperty('count', 1);
  });
});

describePromise(
  'a runtime that ends in init',
  (runtime) => {
    it('fails every invocation with its exit status', async ({ expect }) => {
      const sources = {
        nodejs: 'process.exit(2);',
        python: 'import os\nos._exit(2)\n',
        bash: '#!/bin/bash\nexit 2\n',
        java: '',
      };
      const source = sources[runtime.language];
      const fn = await useFunctionUnderTest({ runtime, ...packageOf(runtime.language, source) });
      for (let call = 0; call < 2; call += 1) {
        const { functionError, payload } = await fn.invoke({});
        expect(functionError).toBe('Unhandled');
        expect(payload).toMatchObject({
          errorType: 'Runtime.ExitError',
          errorMessage: expect.stringMatching(/Error: Runtime exited with error: exit status 2$/),
        });
      }
    });
  },
  ['nodejs', 'python', 'bash'],
);
