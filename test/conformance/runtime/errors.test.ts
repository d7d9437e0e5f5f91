import { describe, it } from 'vitest';
import { bash, nodejs, python, usePlatformWith } from './functions.ts';

const FUNCTIONS = [
  nodejs(
    'error-nodejs',
    'export const handler = async (event) => { if (event.fail) throw new Error("Error: some_error_msg"); return "fine"; };',
  ),
  python(
    'error-python',
    'def lambda_handler(event, context):\n    if "fail" in event:\n        raise Exception("Failed: some_error_msg")\n    return "fine"\n',
  ),
  bash(
    'error-bash',
    String.raw`
  if [[ "$1" == *fail* ]]; then
    curl -sS -o /dev/null -H 'Lambda-Runtime-Function-Error-Type: Custom.Reason' \
      -d '{"errorType":"Custom.Reason","errorMessage":"some_error_msg","stackTrace":[]}' \
      "$API/invocation/$REQUEST_ID/error"
    ANSWERED=yes
    return
  fi
  echo -n '"fine"'`,
  ),
  nodejs('error-rejection', 'export const handler = async () => { Promise.reject("lost"); };'),
  nodejs('error-in-init', 'throw new TypeError("at load");'),
  nodejs('error-syntax', 'export const handler = async () => {'),
  nodejs('error-no-handler', 'export const other = 1;'),
  python('error-no-handler-python', 'other = 1\n'),
  python('error-in-init-python', 'raise Exception("Runtime startup fails")\n'),
  nodejs('error-result', 'export const handler = async () => 1n;'),
];

describe('an error of the handler', () => {
  it.for([
    ['error-nodejs', { errorType: 'Error', errorMessage: 'Error: some_error_msg' }, 'trace'],
    [
      'error-python',
      { errorType: 'Exception', errorMessage: 'Failed: some_error_msg' },
      'stackTrace',
    ],
    ['error-bash', { errorType: 'Custom.Reason', errorMessage: 'some_error_msg' }, 'stackTrace'],
  ] as const)(
    'of %s reaches the caller, and the next invocation works',
    async ([name, error, stack], { expect }) => {
      const platform = await usePlatformWith(FUNCTIONS, name);
      const failed = await platform.invoke(name, { fail: true });
      expect(failed).toMatchObject({
        statusCode: 200,
        executedVersion: '$LATEST',
        functionError: 'Unhandled',
        payload: error,
      });
      expect(failed.payload).toHaveProperty(stack, expect.any(Array));
      expect((await platform.invoke(name, {})).payload).toBe('fine');
    },
  );

  it('carries the request id in Python', async ({ expect }) => {
    const platform = await usePlatformWith(FUNCTIONS, 'error-python');
    const { payload, requestId } = await platform.invoke('error-python', { fail: true });
    expect(payload).toHaveProperty('requestId', requestId);
  });

  it.for([
    ['error-rejection', 'Runtime.UnhandledPromiseRejection', /^lost$/],
    ['error-result', 'Runtime.JSONStringifyError', /^Unable to stringify response body$/],
  ] as const)('of %s is %s', async ([name, errorType, message], { expect }) => {
    const platform = await usePlatformWith(FUNCTIONS, name);
    const { functionError, payload } = await platform.invoke(name, {});
    expect(functionError).toBe('Unhandled');
    expect(payload).toMatchObject({ errorType, errorMessage: expect.stringMatching(message) });
  });
});

describe('an error of init', () => {
  it.for([
    ['error-in-init', 'TypeError', /^at load$/],
    ['error-syntax', 'Runtime.UserCodeSyntaxError', /^SyntaxError: /],
    [
      'error-no-handler',
      'Runtime.HandlerNotFound',
      /^index\.handler is undefined or not exported$/,
    ],
    ['error-no-handler-python', 'Runtime.HandlerNotFound', /lambda_handler/],
    ['error-in-init-python', 'Exception', /^Runtime startup fails$/],
  ] as const)(
    'of %s fails every invocation as %s',
    async ([name, errorType, message], { expect }) => {
      const platform = await usePlatformWith(FUNCTIONS, name);
      for (let call = 0; call < 2; call += 1) {
        const { statusCode, functionError, payload } = await platform.invoke(name, {});
        expect(statusCode).toBe(200);
        expect(functionError).toBe('Unhandled');
        expect(payload).toMatchObject({ errorType, errorMessage: expect.stringMatching(message) });
      }
    },
  );
});
