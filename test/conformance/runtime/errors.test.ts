import { it } from 'vitest';
import { packageOf, TARGET, type Language } from './harness/runtimes.ts';
import { describePromise, useFunctionUnderTest, useProbe } from './harness/use-function.ts';

const RAISED: Readonly<Record<Language, { readonly type: string; readonly stack: string }>> = {
  nodejs: { type: 'RangeError', stack: 'trace' },
  python: { type: 'IndexError', stack: 'stackTrace' },
  java: { type: 'java.lang.IllegalStateException', stack: 'stackTrace' },
  bash: { type: 'Custom.AsAsked', stack: 'stackTrace' },
};

describePromise('an error of the handler', (runtime) => {
  it('reaches the caller as the runtime describes it, and the state is kept', async ({
    expect,
  }) => {
    const probe = await useProbe(runtime);
    const { count } = (await probe.ask('count')) as { readonly count: number };
    const failed = await probe.invoke({ ask: 'fail' });
    const { type, stack } = RAISED[runtime.language];
    expect(failed).toMatchObject({
      status: 200,
      functionError: 'Unhandled',
      payload: { errorType: type, errorMessage: 'as it was asked to' },
    });
    expect(failed.payload).toHaveProperty(stack, expect.any(Array));
    expect(await probe.ask('count')).toHaveProperty('count', count + 1);
  });
});

describePromise(
  'an error of the handler in Python',
  (runtime) => {
    it('carries the request id', async ({ expect }) => {
      const probe = await useProbe(runtime);
      const { payload, requestId } = await probe.invoke({ ask: 'fail' });
      expect(payload).toHaveProperty('requestId', requestId);
    });
  },
  ['python'],
);

describePromise(
  'an answer that is no JSON, in Node.js',
  (runtime) => {
    it('is an error of its own type', async ({ expect }) => {
      const source = 'export const handler = async () => 1n;';
      const fn = await useFunctionUnderTest({ runtime, ...packageOf(runtime.language, source) });
      expect(await fn.invoke({})).toMatchObject({
        functionError: 'Unhandled',
        payload: {
          errorType: 'Runtime.JSONStringifyError',
          errorMessage: 'Unable to stringify response body',
        },
      });
    });
  },
  ['nodejs'],
);

// differs from Lambda: the client that AWS publishes, in the images, leaves it to Node.js, which ends.
const UNHANDLED = {
  embedded: { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: /^Error: lost$/ },
  cluster: { errorType: 'Runtime.ExitError', errorMessage: /exit status 1$/ },
} as const;

describePromise(
  'a rejection that nobody handles, in Node.js',
  (runtime) => {
    const { errorType, errorMessage } = UNHANDLED[TARGET];
    it(`ends the runtime as ${errorType}, and its reason is logged`, async ({ expect }) => {
      const source =
        'export const handler = async () => { void Promise.reject(new Error("lost")); };';
      const fn = await useFunctionUnderTest({ runtime, ...packageOf(runtime.language, source) });
      const answer = await fn.invoke({});
      expect(answer.functionError).toBe('Unhandled');
      expect(answer.payload).toMatchObject({
        errorType,
        errorMessage: expect.stringMatching(errorMessage),
      });
      expect(answer.logTail).toContain('lost');
    });
  },
  ['nodejs'],
);
