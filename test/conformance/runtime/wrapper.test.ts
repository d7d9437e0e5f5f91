import { it } from 'vitest';
import { probeOf, type Files, type Runtime } from './harness/runtimes.ts';
import { describePromise, useFunctionUnderTest } from './harness/use-function.ts';
import type { FunctionUnderTest } from './harness/function-under-test.ts';

const WRAPPER = `#!/bin/bash
export WRAPPED_PROGRAM="$1" WRAPPED_ARGUMENTS="$#"
exec "$@"
`;

const PROGRAMS = { nodejs: /\/node$/, python: /\/python[\d.]*$/, java: /\/java$/, bash: /./ };

/** A probe whose wrapper is the given one; undefined is a path where there is none. */
function useWrapped(runtime: Runtime, wrapper: string | undefined): Promise<FunctionUnderTest> {
  const { handler, files } = probeOf(runtime.language);
  const wrapped: Files = wrapper === undefined ? files : { ...files, wrapper };
  return useFunctionUnderTest({
    runtime,
    handler,
    files: wrapped,
    spec: (folder) => ({
      memorySize: 512,
      environment: { variables: { AWS_LAMBDA_EXEC_WRAPPER: `${folder}/wrapper` } },
    }),
  });
}

describePromise(
  'AWS_LAMBDA_EXEC_WRAPPER',
  (runtime) => {
    it('starts the wrapper with the runtime and its arguments', async ({ expect }) => {
      const fn = await useWrapped(runtime, WRAPPER);
      const { payload } = await fn.invoke({ ask: 'variables' });
      const variables = payload as Readonly<Record<string, string>>;
      expect(variables['WRAPPED_PROGRAM']).toMatch(PROGRAMS[runtime.language]);
      expect(Number(variables['WRAPPED_ARGUMENTS'])).toBeGreaterThan(1);
    });
  },
  ['nodejs', 'python', 'java'],
);

describePromise(
  'AWS_LAMBDA_EXEC_WRAPPER of an OS-only runtime',
  (runtime) => {
    it('means nothing', async ({ expect }) => {
      const fn = await useWrapped(runtime, WRAPPER);
      const { payload } = await fn.invoke({ ask: 'variables' });
      expect(payload).not.toHaveProperty('WRAPPED_PROGRAM');
    });
  },
  ['bash'],
);

describePromise(
  'a broken AWS_LAMBDA_EXEC_WRAPPER',
  (runtime) => {
    it.for([
      ['one that ends', '#!/bin/bash\nexit 3\n'],
      ['a missing one', undefined],
    ] as const)('fails the invocations: %s', async ([, wrapper], { expect }) => {
      const fn = await useWrapped(runtime, wrapper);
      const { status, functionError, payload } = await fn.invoke({ ask: 'count' });
      expect(status).toBe(200);
      expect(functionError).toBe('Unhandled');
      expect(payload).toHaveProperty('errorType', expect.stringMatching(/^Runtime\./));
    });
  },
  ['python'],
);
