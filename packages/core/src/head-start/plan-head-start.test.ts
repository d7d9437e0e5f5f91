import { anAssignment } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import type { Assignment } from '../agent-protocol/messages.ts';
import { computeEnvironmentVariables } from '../environment-variables/compute-environment-variables.ts';
import { fitsHeadStart, HANDLER_TO_COME, planHeadStart } from './plan-head-start.ts';

const LOCATION = { runtimeApi: '127.0.0.1:9001', executionEnvironmentId: 'ee-1' };
const SPARE = { runtime: 'nodejs24.x', memorySizeMb: 256 };

function aPoolable(overrides: Partial<Assignment> = {}): Assignment {
  return anAssignment({
    taskRoot: '/var/task',
    runtimeDir: '/var/runtime',
    command: ['/lambda-entrypoint.sh', 'index.handler'],
    ...overrides,
  });
}

describe('planHeadStart', () => {
  it('starts the image of Node.js with a program that waits first', ({ expect }) => {
    const plan = planHeadStart(SPARE, { location: LOCATION, program: '/control/wait.cjs' });
    expect(plan).toMatchObject({
      command: ['/lambda-entrypoint.sh', HANDLER_TO_COME],
      workingDirectory: '/var/task',
      variables: {
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
        AWS_LAMBDA_RUNTIME_API: '127.0.0.1:9001',
        NODE_OPTIONS: '--require=/control/wait.cjs',
      },
      libraryFolders: ['/var/task/lib', '/opt/lib'],
    });
  });

  it('sets no variable that a function would have otherwise', ({ expect }) => {
    const plan = planHeadStart(SPARE, { location: LOCATION, program: '/control/wait.cjs' });
    const { NODE_OPTIONS: _ours, ...variables } = plan?.variables ?? {};
    expect(computeEnvironmentVariables(aPoolable(), LOCATION)).toMatchObject(variables);
  });

  it.for(['python3.13', 'java21', 'provided.al2023'])(
    'knows no way for %s',
    (runtime, { expect }) => {
      const plan = planHeadStart(
        { ...SPARE, runtime },
        { location: LOCATION, program: '/wait.cjs' },
      );
      expect(plan).toBeUndefined();
    },
  );
});

describe('fitsHeadStart', () => {
  it('takes a function of its runtime and size, whatever its own variables are', ({ expect }) => {
    const environmentVariables = { TABLE: 'orders', AWS_LAMBDA_EXEC: '/x', NODE_ENV: 'test' };
    const assignment = aPoolable({
      handler: 'src/a.b',
      command: ['/lambda-entrypoint.sh', 'src/a.b'],
      environmentVariables,
      logFormat: 'JSON',
    });
    expect(fitsHeadStart(SPARE, assignment)).toBe(true);
  });

  it.for<Partial<Assignment>>([
    { runtime: 'nodejs22.x' },
    { memorySizeMb: 128 },
    { command: ['/opt/wrapper', '/lambda-entrypoint.sh', 'index.handler'] },
    { commandCandidates: ['/var/task/bootstrap'] },
    { taskRoot: '/code' },
    { workingDirectory: '/code' },
    { runtimeDir: '/runtime' },
    { presetVariables: { PATH: '/bin' } },
    ...[
      'NODE_OPTIONS',
      'NODE_PATH',
      'NODE_ENVIRONMENT',
      'LD_PRELOAD',
      'UV_THREADPOOL_SIZE',
      'TZ',
      'LANG',
      'LC_ALL',
    ].map((name) => ({ environmentVariables: { [name]: 'x' } })),
    { environmentVariables: { AWS_LAMBDA_EXEC_WRAPPER: '/opt/wrapper' } },
  ])('refuses %j', (overrides, { expect }) => {
    expect(fitsHeadStart(SPARE, aPoolable(overrides))).toBe(false);
  });
});
