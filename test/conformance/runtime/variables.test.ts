import { it, vi } from 'vitest';
import { TARGET } from './harness/runtimes.ts';
import { describePromise, memoryOf, PROBE_VARIABLES, useProbe } from './harness/use-function.ts';

// What the host has is none of a function's business.
vi.stubEnv('HOST_SECRET', 'leaked');

type Variables = Readonly<Record<string, string>>;

describePromise('variables', (runtime) => {
  it('are the reserved ones, and those of the function as they were written', async ({
    expect,
  }) => {
    const probe = await useProbe(runtime);
    expect(await probe.ask('variables')).toMatchObject({
      // Its own win over presets.
      ...PROBE_VARIABLES,
      AWS_XRAY_CONTEXT_MISSING: 'LOG_ERROR',
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_LAMBDA_FUNCTION_NAME: probe.name,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: memoryOf(runtime).toString(),
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${probe.name}`,
      AWS_LAMBDA_LOG_STREAM_NAME: expect.stringMatching(
        /^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/,
      ),
      AWS_LAMBDA_RUNTIME_API: expect.stringMatching(/^[^/]+:\d+$/),
      _HANDLER: expect.stringMatching(/^\w+(?:\.|::)\w+$/),
      LAMBDA_TASK_ROOT: TARGET === 'cluster' ? '/var/task' : expect.stringMatching(/^\//),
      LAMBDA_RUNTIME_DIR: TARGET === 'cluster' ? '/var/runtime' : expect.stringMatching(/^\//),
      LANG: expect.stringMatching(/\.UTF-8$/),
      PATH: expect.stringContaining('/usr/bin'),
    });
  });

  it('name the managed runtime, and no OS-only one', async ({ expect }) => {
    const variables = (await (await useProbe(runtime)).ask('variables')) as Variables;
    expect(variables['AWS_EXECUTION_ENV']).toBe(
      runtime.language === 'bash' ? undefined : `AWS_Lambda_${runtime.identifier}`,
    );
  });

  it('hold nothing of the host, of the cluster or of the agent', async ({ expect }) => {
    const variables = (await (await useProbe(runtime)).ask('variables')) as Variables;
    const strangers = Object.keys(variables).filter(
      (name) =>
        /^(?:HOST_SECRET|KUBERNETES_|MAYFLY_)/.test(name) &&
        name !== 'MAYFLY_EXECUTION_ENVIRONMENT_ID',
    );
    expect(strangers).toEqual([]);
  });
});

describePromise(
  'the trace header',
  (runtime) => {
    it('is a variable that changes with the invocation', async ({ expect }) => {
      const probe = await useProbe(runtime);
      const first = (await probe.ask('variables')) as Variables;
      const second = (await probe.ask('variables')) as Variables;
      expect(first['_X_AMZN_TRACE_ID']).toMatch(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}/);
      expect(second['_X_AMZN_TRACE_ID']).not.toBe(first['_X_AMZN_TRACE_ID']);
    });
  },
  // Java has it as a property of the system.
  ['nodejs', 'python'],
);
