import { it } from 'vitest';
import type { Answer } from './harness/function-under-test.ts';
import { packageOf, type Language, type Runtime } from './harness/runtimes.ts';
import { describePromise, useFunctionUnderTest } from './harness/use-function.ts';

interface Broken {
  readonly source: string;
  readonly errorType: string;
  readonly message: RegExp;
}

const BROKEN: Readonly<Record<Language, readonly Broken[]>> = {
  nodejs: [
    { source: 'throw new TypeError("at load");', errorType: 'TypeError', message: /^at load$/ },
    {
      source: 'export const handler = async () => {',
      errorType: 'Runtime.UserCodeSyntaxError',
      message: /^SyntaxError: /,
    },
    {
      source: 'export const other = 1;',
      errorType: 'Runtime.HandlerNotFound',
      message: /^index\.handler is undefined or not exported$/,
    },
    {
      source: 'import "./not-there.mjs";',
      // Not Runtime.ImportModuleError: that is of `require`.
      errorType: 'Error',
      message: /^Cannot find module .*not-there/,
    },
  ],
  python: [
    { source: 'raise Exception("at load")\n', errorType: 'Exception', message: /^at load$/ },
    { source: 'other = 1\n', errorType: 'Runtime.HandlerNotFound', message: /lambda_handler/ },
    {
      source: 'import not_there\n',
      errorType: 'Runtime.ImportModuleError',
      message: /not_there/,
    },
  ],
  java: [{ source: 'no class', errorType: 'java.lang.ClassFormatError', message: /./ }],
  bash: [
    {
      source: `#!/bin/bash
curl -sS -o /dev/null -d '{"errorType":"Custom.Init","errorMessage":"at load"}' "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/init/error"
exit 1
`,
      errorType: 'Custom.Init',
      message: /^at load$/,
    },
  ],
};

/** What two calls of a function give. */
async function callTwice(runtime: Runtime, source: string): Promise<readonly Answer[]> {
  const fn = await useFunctionUnderTest({
    runtime,
    ...packageOf(runtime.language, source),
    // The second time, init is within the invocation, with the processor that this memory buys.
    spec: () => ({ memorySize: 512, timeout: 15 }),
  });
  return [await fn.invoke({}), await fn.invoke({})];
}

describePromise('an error of init', (runtime) => {
  const broken = BROKEN[runtime.language];
  const types = broken.map(({ errorType }) => errorType).join(', ');

  it(`fails every invocation with what it is: ${types}`, async ({ expect }) => {
    // All at once: most of the time of each is the start of a pod.
    const answers = await Promise.all(broken.map(({ source }) => callTwice(runtime, source)));
    const expected = broken.map(({ errorType, message }) => {
      const payload = { errorType, errorMessage: expect.stringMatching(message) };
      const answer = { status: 200, functionError: 'Unhandled', payload };
      return [answer, answer];
    });
    expect(answers).toMatchObject(expected);
  });
});
