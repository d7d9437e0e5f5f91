import { anAssignment } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { computeEnvironmentVariables, wrapCommand } from './compute-environment-variables.ts';
import { isReservedVariable, RESERVED_VARIABLES } from './reserved-variables.ts';

const LOCATION = { runtimeApi: '127.0.0.1:9001', executionEnvironmentId: 'ee-1' };

describe('computeEnvironmentVariables', () => {
  it('sets what Lambda sets', ({ expect }) => {
    expect(computeEnvironmentVariables(anAssignment(), LOCATION)).toStrictEqual({
      LANG: 'en_US.UTF-8',
      TZ: ':UTC',
      AWS_XRAY_CONTEXT_MISSING: 'LOG_ERROR',
      AWS_LAMBDA_LOG_FORMAT: 'Text',
      _HANDLER: 'index.handler',
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_LAMBDA_FUNCTION_NAME: 'hello',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/hello',
      AWS_LAMBDA_LOG_STREAM_NAME: '2026/01/01/[$LATEST]abc',
      AWS_LAMBDA_RUNTIME_API: '127.0.0.1:9001',
      LAMBDA_TASK_ROOT: '/code',
      LAMBDA_RUNTIME_DIR: '/runtime',
      MAYFLY_EXECUTION_ENVIRONMENT_ID: 'ee-1',
    });
  });

  it('lets the user override presets', ({ expect }) => {
    const variables = computeEnvironmentVariables(
      anAssignment({
        presetVariables: { PATH: '/bin', TZ: ':UTC' },
        environmentVariables: { PATH: '/mine', TZ: 'Europe/Paris' },
      }),
      LOCATION,
    );
    expect(variables).toMatchObject({ PATH: '/mine', TZ: 'Europe/Paris' });
  });

  it('never lets the user override reserved variables', ({ expect }) => {
    const environmentVariables = Object.fromEntries(RESERVED_VARIABLES.map((name) => [name, 'x']));
    const variables = computeEnvironmentVariables(anAssignment({ environmentVariables }), LOCATION);
    expect(Object.values(variables)).not.toContain('x');
  });

  it('leaves AWS_EXECUTION_ENV out for OS-only runtimes', ({ expect }) => {
    const variables = computeEnvironmentVariables(
      anAssignment({ runtime: 'provided.al2023' }),
      LOCATION,
    );
    expect(variables).not.toHaveProperty('AWS_EXECUTION_ENV');
  });
});

describe('isReservedVariable', () => {
  it('knows reserved names and no others', ({ expect }) => {
    expect(isReservedVariable('AWS_REGION')).toBe(true);
    expect(isReservedVariable('PATH')).toBe(false);
  });
});

describe('wrapCommand', () => {
  const command = ['/usr/bin/node', 'bootstrap.mjs'] as const;
  const environmentVariables = { AWS_LAMBDA_EXEC_WRAPPER: '/opt/wrapper' };

  it('puts the wrapper before the program', ({ expect }) => {
    const wrapped = wrapCommand([...command], { runtime: 'nodejs24.x', environmentVariables });
    expect(wrapped).toStrictEqual(['/opt/wrapper', ...command]);
  });

  it.for([
    ['provided.al2023', environmentVariables],
    [undefined, environmentVariables],
    ['nodejs24.x', { AWS_LAMBDA_EXEC_WRAPPER: '' }],
    ['nodejs24.x', {}],
  ] as const)('leaves that of %s with %j as it is', ([runtime, variables], { expect }) => {
    const settings = { runtime, environmentVariables: variables };
    expect(wrapCommand([...command], settings)).toStrictEqual(command);
  });
});
