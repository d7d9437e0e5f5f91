/** Variable by which every process of an execution environment can be found. */
export const EXECUTION_ENVIRONMENT_ID_VARIABLE = 'MAYFLY_EXECUTION_ENVIRONMENT_ID';

/**
 * Variables that the platform sets and a user may not.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
export const RESERVED_VARIABLES: readonly string[] = [
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
  EXECUTION_ENVIRONMENT_ID_VARIABLE,
];

const RESERVED: ReadonlySet<string> = new Set(RESERVED_VARIABLES);

/** Whether a user may not set this variable. */
export function isReservedVariable(name: string): boolean {
  return RESERVED.has(name);
}
