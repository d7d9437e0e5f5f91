import { describe, it, vi } from 'vitest';
import type { Platform } from '../../helpers/platform.ts';
import { bash, nodejs, python, RUNTIMES, usePlatformWith } from './functions.ts';

// What the host has is none of a function's business.
vi.stubEnv('HOST_SECRET', 'leaked');

const SPEC = {
  memorySize: 256,
  environment: { variables: { TEST_KEY: 'a value with spaces, "quotes" and =', LANG: 'C.UTF-8' } },
};

const FUNCTIONS = [
  nodejs('variables-nodejs24-x', 'export const handler = async () => process.env;', SPEC),
  python(
    'variables-python3-11',
    'import os\ndef lambda_handler(event, context):\n    return dict(os.environ)\n',
    SPEC,
  ),
  bash('variables-provided-al2023', 'env', SPEC),
];

function functionOf(runtime: string): string {
  return `variables-${runtime.replace('.', '-')}`;
}

async function variablesOf(platform: Platform, runtime: string): Promise<Record<string, string>> {
  const { payload, raw } = await platform.invoke(functionOf(runtime), {});
  if (runtime !== 'provided.al2023') return payload as Record<string, string>;
  const lines = raw.toString().trimEnd().split('\n');
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

describe.for(RUNTIMES)('a function on %s', (runtime) => {
  it('finds the reserved variables and its own, and nothing of the host', async ({ expect }) => {
    const name = functionOf(runtime);
    const platform = await usePlatformWith(FUNCTIONS, name);
    const variables = await variablesOf(platform, runtime);
    expect(variables).toMatchObject({
      // Its own win over presets.
      ...SPEC.environment.variables,
      TZ: ':UTC',
      AWS_XRAY_CONTEXT_MISSING: 'LOG_ERROR',
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
      AWS_LAMBDA_LOG_STREAM_NAME: expect.stringMatching(
        /^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/,
      ),
      AWS_LAMBDA_RUNTIME_API: expect.stringMatching(/^[^/]+:\d+$/),
      _HANDLER: expect.stringMatching(/^\w+\.\w+$/),
      LAMBDA_TASK_ROOT: expect.stringMatching(/^\//),
      LAMBDA_RUNTIME_DIR: expect.stringMatching(/^\//),
    });
    const isOsOnly = runtime.startsWith('provided');
    expect(variables['AWS_EXECUTION_ENV']).toBe(isOsOnly ? undefined : `AWS_Lambda_${runtime}`);
    expect(variables).not.toHaveProperty('HOST_SECRET');
  });
});

it.for(['nodejs24.x', 'python3.11'])(
  'a function on %s finds the trace header of its invocation',
  async (runtime, { expect }) => {
    const platform = await usePlatformWith(FUNCTIONS, functionOf(runtime));
    const first = (await variablesOf(platform, runtime))['_X_AMZN_TRACE_ID'];
    const second = (await variablesOf(platform, runtime))['_X_AMZN_TRACE_ID'];
    expect(first).toMatch(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}/);
    expect(second).not.toBe(first);
  },
);
