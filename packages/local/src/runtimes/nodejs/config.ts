/** What the platform tells a runtime process at its start. */
export interface BootstrapConfig {
  /** `host:port` of the Runtime API. */
  readonly runtimeApi: string;
  /** `path/file.method` as configured. */
  readonly handler: string;
  readonly taskRoot: string;
  readonly functionName: string;
  readonly functionVersion: string;
  /** Megabytes, a string as in the context of Lambda. */
  readonly memoryLimitInMb: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
  readonly logFormat: 'Text' | 'JSON';
  /** Lowest level that is written; undefined writes all. */
  readonly logLevel: string | undefined;
}

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Reads the variables of the Runtime API; `_HANDLER` wins over the argument, which wrappers may drop.
 * @throws Error that names all variables that are missing
 */
export function loadBootstrapConfig(
  env: Variables = process.env,
  argv: readonly string[] = process.argv,
): BootstrapConfig {
  const missing: string[] = [];
  const required = (name: string, fallback?: string): string => {
    const value = env[name] ?? fallback;
    if (value === undefined || value === '') missing.push(name);
    return value ?? '';
  };
  const optional = (name: string): string => env[name] ?? '';
  const config: BootstrapConfig = {
    runtimeApi: required('AWS_LAMBDA_RUNTIME_API'),
    handler: required('_HANDLER', argv[2]),
    taskRoot: required('LAMBDA_TASK_ROOT'),
    functionName: optional('AWS_LAMBDA_FUNCTION_NAME'),
    functionVersion: optional('AWS_LAMBDA_FUNCTION_VERSION'),
    memoryLimitInMb: optional('AWS_LAMBDA_FUNCTION_MEMORY_SIZE'),
    logGroupName: optional('AWS_LAMBDA_LOG_GROUP_NAME'),
    logStreamName: optional('AWS_LAMBDA_LOG_STREAM_NAME'),
    logFormat: env['AWS_LAMBDA_LOG_FORMAT']?.toUpperCase() === 'JSON' ? 'JSON' : 'Text',
    logLevel: env['AWS_LAMBDA_LOG_LEVEL']?.toUpperCase(),
  };
  if (missing.length > 0) {
    throw new Error(`environment variables are not set: ${missing.join(', ')}`);
  }
  return config;
}

/** Shows the trace header of the invocation to tracing libraries, which read it from the process. */
export function exposeTraceId(traceId: string | undefined): void {
  if (traceId === undefined) delete process.env['_X_AMZN_TRACE_ID'];
  else process.env['_X_AMZN_TRACE_ID'] = traceId;
}
