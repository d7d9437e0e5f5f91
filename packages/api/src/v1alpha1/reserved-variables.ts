/**
 * Environment variables that the platform sets and a function's configuration may not: Lambda's list, and our own.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
export const RESERVED_VARIABLES = [
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
  'AWS_DEFAULT_REGION',
  'AWS_REGION',
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_LAMBDA_RUNTIME_API',
  'LAMBDA_TASK_ROOT',
  'LAMBDA_RUNTIME_DIR',
  // Ours: marks every process of an execution environment, so that none outlives it.
  'MAYFLY_EXECUTION_ENVIRONMENT_ID',
] as const;

/** Name of a variable that only the platform sets. */
export type ReservedVariable = (typeof RESERVED_VARIABLES)[number];

const RESERVED: ReadonlySet<string> = new Set(RESERVED_VARIABLES);

/** Whether a configuration must not set this variable. */
export function isReservedVariable(name: string): name is ReservedVariable {
  return RESERVED.has(name);
}
