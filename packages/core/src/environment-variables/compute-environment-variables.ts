import type { AssignedFunction, Assignment } from '../agent-protocol/messages.ts';
import { LAMBDA_IMAGE } from '../runtimes/lambda-image.ts';
import { EXECUTION_ENVIRONMENT_ID_VARIABLE, isReservedVariable } from './reserved-variables.ts';

/** What the variables need to know besides the assignment. */
export interface RuntimeLocation {
  /** `host:port` of the Runtime API. */
  readonly runtimeApi: string;
  readonly executionEnvironmentId: string;
}

// A user may override these.
const PRESETS: Readonly<Record<string, string>> = {
  LANG: 'en_US.UTF-8',
  TZ: ':UTC',
  AWS_XRAY_CONTEXT_MISSING: 'LOG_ERROR',
};

/** Whether the runtime is an OS-only one, or an image's own, where some conventions of the managed runtimes do not hold. */
export function isOsOnlyRuntime(runtime: string | undefined): boolean {
  return runtime === undefined || runtime.startsWith('provided');
}

/**
 * The complete variables of a runtime process; nothing of the host is inherited. Reserved variables win
 * over the user's, the user's win over presets.
 */
export function computeEnvironmentVariables(
  assignment: Assignment,
  location: RuntimeLocation,
): Record<string, string> {
  const { applicationLogLevel } = assignment;
  const users = Object.entries(assignment.environmentVariables).filter(
    ([name]) => !isReservedVariable(name),
  );
  return {
    ...PRESETS,
    AWS_LAMBDA_LOG_FORMAT: assignment.logFormat,
    ...(applicationLogLevel === undefined ? {} : { AWS_LAMBDA_LOG_LEVEL: applicationLogLevel }),
    ...assignment.presetVariables,
    ...Object.fromEntries(users),
    ...computeReservedVariables(assignment, location),
  };
}

/** Those that are known before there is a function: presets that all have, and where the runtime is. */
export function computeSpareVariables(
  memorySizeMb: number,
  location: RuntimeLocation,
): Record<string, string> {
  const { taskRoot, runtimeDir } = LAMBDA_IMAGE;
  return { ...PRESETS, ...computePlaceVariables({ memorySizeMb, taskRoot, runtimeDir }, location) };
}

function computePlaceVariables(
  {
    memorySizeMb,
    taskRoot,
    runtimeDir,
  }: Pick<Assignment, 'memorySizeMb' | 'taskRoot' | 'runtimeDir'>,
  location: RuntimeLocation,
): Record<string, string> {
  return {
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: memorySizeMb.toString(),
    AWS_LAMBDA_RUNTIME_API: location.runtimeApi,
    LAMBDA_TASK_ROOT: taskRoot,
    LAMBDA_RUNTIME_DIR: runtimeDir,
    [EXECUTION_ENVIRONMENT_ID_VARIABLE]: location.executionEnvironmentId,
  };
}

function computeReservedVariables(
  assignment: Assignment,
  location: RuntimeLocation,
): Record<string, string> {
  const { handler, runtime } = assignment;
  return {
    ...(handler === undefined ? {} : { _HANDLER: handler }),
    AWS_REGION: assignment.region,
    AWS_DEFAULT_REGION: assignment.region,
    AWS_LAMBDA_FUNCTION_NAME: assignment.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: assignment.version,
    AWS_LAMBDA_INITIALIZATION_TYPE: assignment.initializationType,
    AWS_LAMBDA_LOG_GROUP_NAME: assignment.logGroup ?? `/aws/lambda/${assignment.functionName}`,
    AWS_LAMBDA_LOG_STREAM_NAME: assignment.logStreamName,
    ...computePlaceVariables(assignment, location),
    ...(runtime === undefined || isOsOnlyRuntime(runtime)
      ? {}
      : { AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}` }),
  };
}

/**
 * The command of a managed runtime, behind the wrapper that `AWS_LAMBDA_EXEC_WRAPPER` names. Not for those in images:
 * their bootstraps do it themselves.
 */
export function wrapCommand(
  command: readonly [string, ...string[]],
  { runtime, environmentVariables }: Pick<AssignedFunction, 'runtime' | 'environmentVariables'>,
): readonly [string, ...string[]] {
  const wrapper = environmentVariables['AWS_LAMBDA_EXEC_WRAPPER'];
  if (wrapper === undefined || wrapper === '' || isOsOnlyRuntime(runtime)) return command;
  return [wrapper, ...command];
}
