import { InvokeCommand } from '@aws-sdk/client-lambda';
import { describe, it } from 'vitest';
import { useLambdaClient } from '../../helpers/lambda-client.ts';
import { aNodeFunction, usePlatform, type FunctionManifest } from '../../helpers/platform.ts';

// What the service answered to the same handlers, key by key and in its order.

interface Failing {
  readonly it: string;
  readonly manifest: FunctionManifest;
  readonly payload: (requestId: string) => Readonly<Record<string, unknown>>;
  /** Whether the body carries a stack trace under `trace` (Node.js) or `stackTrace` (Python). */
  readonly stack?: 'trace' | 'stackTrace';
}

function aPythonFunction(name: string, source: string): FunctionManifest {
  return {
    name,
    spec: {
      runtime: 'python3.11',
      handler: 'lambda_function.lambda_handler',
      code: { inline: source },
    },
  };
}

const FAILING: readonly Failing[] = [
  {
    it: 'a handler that throws',
    manifest: aNodeFunction(
      'throws',
      "exports.handler = async () => { throw new Error('Error: some_error_msg'); };",
    ),
    payload: () => ({ errorType: 'Error', errorMessage: 'Error: some_error_msg' }),
    stack: 'trace',
  },
  {
    it: 'a handler that hands an error to its callback',
    manifest: aNodeFunction(
      'callback',
      "exports.handler = (event, context, done) => done(new RangeError('too far'));",
    ),
    payload: () => ({ errorType: 'RangeError', errorMessage: 'too far' }),
    stack: 'trace',
  },
  {
    it: 'a handler that throws a string',
    manifest: aNodeFunction('string', "exports.handler = async () => { throw 'text'; };"),
    payload: () => ({ errorType: 'string', errorMessage: 'text' }),
    stack: 'trace',
  },
  {
    it: 'a handler over its timeout',
    manifest: aNodeFunction(
      'slow',
      'exports.handler = () => new Promise((resolve) => setTimeout(resolve, 60_000));',
      { timeout: 1 },
    ),
    payload: (requestId) => ({
      errorType: 'Sandbox.Timedout',
      errorMessage: `RequestId: ${requestId} Error: Task timed out after 1.00 seconds`,
    }),
  },
  {
    it: 'a handler that exits with status 0',
    manifest: aNodeFunction('exits', 'exports.handler = async () => process.exit(0);'),
    payload: (requestId) => ({
      errorType: 'Runtime.ExitError',
      errorMessage: `RequestId: ${requestId} Error: Runtime exited without providing a reason`,
    }),
  },
];

const FAILING_IN_PYTHON: readonly Failing[] = [
  {
    it: 'an exception',
    manifest: aPythonFunction(
      'raises',
      'def lambda_handler(event, context):\n    raise Exception("Failed: some_error_msg")\n',
    ),
    payload: (requestId) => ({
      errorMessage: 'Failed: some_error_msg',
      errorType: 'Exception',
      requestId,
    }),
    stack: 'stackTrace',
  },
  {
    it: 'an exception at import',
    manifest: aPythonFunction(
      'raises-at-import',
      'raise Exception("Runtime startup fails")\n\ndef lambda_handler(event, context):\n    pass\n',
    ),
    payload: () => ({
      errorMessage: 'Runtime startup fails',
      errorType: 'Exception',
      requestId: '',
    }),
    stack: 'stackTrace',
  },
  {
    it: 'an exit',
    manifest: aPythonFunction(
      'leaves',
      'import sys\n\ndef lambda_handler(event, context):\n    sys.exit(0)\n',
    ),
    payload: (requestId) => ({
      errorType: 'Runtime.ExitError',
      errorMessage: `RequestId: ${requestId} Error: Runtime exited without providing a reason`,
    }),
  },
];

/** Calls with AWS's client and takes the answer apart. */
async function fail(gatewayUrl: string, functionName: string) {
  const output = await useLambdaClient(gatewayUrl).send(
    new InvokeCommand({ FunctionName: functionName }),
  );
  const text = output.Payload?.transformToString() ?? '';
  return { ...output, body: JSON.parse(text) as Record<string, unknown> };
}

describe('the answer to', () => {
  it.for(FAILING)('$it is the one of Lambda', async ({ manifest, payload, stack }, { expect }) => {
    const { gatewayUrl } = await usePlatform({ functions: [manifest] });

    const { StatusCode, FunctionError, ExecutedVersion, $metadata, body } = await fail(
      gatewayUrl,
      manifest.name,
    );

    expect({ StatusCode, FunctionError, ExecutedVersion }).toEqual({
      StatusCode: 200,
      FunctionError: 'Unhandled',
      ExecutedVersion: '$LATEST',
    });
    const expected = payload($metadata.requestId ?? '');
    expect(body).toMatchObject(expected);
    const keys = [...Object.keys(expected), ...(stack === undefined ? [] : [stack])];
    expect(Object.keys(body)).toEqual(keys);
  });

  // One platform for all: a new one would install Python's runtime client again.
  it('an exception, an exception at import and an exit of Python is the one of Lambda', async ({
    expect,
  }) => {
    const { gatewayUrl } = await usePlatform({
      functions: FAILING_IN_PYTHON.map(({ manifest }) => manifest),
    });

    for (const { manifest, payload, stack } of FAILING_IN_PYTHON) {
      const { FunctionError, $metadata, body } = await fail(gatewayUrl, manifest.name);
      expect(FunctionError).toBe('Unhandled');
      const expected = payload($metadata.requestId ?? '');
      expect(body).toMatchObject(expected);
      const keys = [...Object.keys(expected), ...(stack === undefined ? [] : [stack])];
      expect(Object.keys(body)).toEqual(keys);
    }
  }, 120_000);
});
