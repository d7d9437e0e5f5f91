/** Header names of the Lambda API, lower case as Node gives them. */
export const HEADERS = {
  requestId: 'x-amzn-requestid',
  errorType: 'x-amzn-errortype',
  functionError: 'x-amz-function-error',
  logResult: 'x-amz-log-result',
  logType: 'x-amz-log-type',
  invocationType: 'x-amz-invocation-type',
  clientContext: 'x-amz-client-context',
  executedVersion: 'x-amz-executed-version',
  traceId: 'x-amzn-trace-id',
} as const;

/** Header names of the Runtime API (2018-06-01). */
export const RUNTIME_API_HEADERS = {
  requestId: 'lambda-runtime-aws-request-id',
  deadlineMs: 'lambda-runtime-deadline-ms',
  invokedFunctionArn: 'lambda-runtime-invoked-function-arn',
  traceId: 'lambda-runtime-trace-id',
  clientContext: 'lambda-runtime-client-context',
  cognitoIdentity: 'lambda-runtime-cognito-identity',
  functionErrorType: 'lambda-runtime-function-error-type',
  responseMode: 'lambda-runtime-function-response-mode',
} as const;
