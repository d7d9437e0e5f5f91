import { describe, it } from 'vitest';
import { aNodeFunction, usePlatform } from '../../helpers/platform.ts';
import { ensurePythonClients, runPython } from '../../helpers/python-clients.ts';

const ECHO = aNodeFunction('echo', 'exports.handler = async (event) => event;');
const CONTEXT = aNodeFunction(
  'context',
  `exports.handler = async (event, context) => {
    console.log('called by boto3');
    return { event, clientContext: context.clientContext, requestId: context.awsRequestId };
  };`,
);
const OFF = aNodeFunction('off', 'exports.handler = async () => 1;', {
  reservedConcurrentExecutions: 0,
});

const SETUP_MS = 180_000;

describe('boto3', () => {
  it(
    'invokes, decodes the log and sends a client context',
    { timeout: SETUP_MS },
    async ({ expect }) => {
      await ensurePythonClients();
      const { gatewayUrl } = await usePlatform({ functions: [CONTEXT] });

      const answer = (await runPython('boto3_calls.py', {
        gatewayUrl,
        arguments: ['invoke', 'context'],
      })) as { requestId: string };

      expect(answer).toMatchObject({
        StatusCode: 200,
        ExecutedVersion: '$LATEST',
        FunctionError: null,
        Payload: {
          event: { name: 'Ada' },
          clientContext: { custom: { foo: 'bar' } },
          requestId: answer.requestId,
        },
        log: expect.stringMatching(/called by boto3\n(.|\n)*REPORT RequestId: /),
        httpStatus: 200,
        dryRun: 204,
      });
    },
  );

  it(
    'raises errors of the classes that callers catch',
    { timeout: SETUP_MS },
    async ({ expect }) => {
      await ensurePythonClients();
      const { gatewayUrl } = await usePlatform({ functions: [ECHO, OFF] });

      const caught = await runPython('boto3_calls.py', {
        gatewayUrl,
        arguments: ['errors', 'echo', 'off'],
      });

      const user = { Type: 'User' };
      expect(caught).toMatchObject({
        ResourceNotFoundException: {
          ...user,
          httpStatus: 404,
          Message: 'Function not found: arn:aws:lambda:us-east-1:000000000000:function:nobody',
        },
        TooManyRequestsException: {
          ...user,
          httpStatus: 429,
          Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
          Message: 'Rate Exceeded.',
        },
        InvalidRequestContentException: {
          ...user,
          httpStatus: 400,
          Message: expect.stringMatching(/^Could not parse request body into json: /),
        },
        RequestTooLargeException: { ...user, httpStatus: 413 },
        ValidationException: { httpStatus: 400 },
        NotImplementedException: { httpStatus: 501 },
      });
    },
  );

  it('calls from eight threads at a time', { timeout: SETUP_MS }, async ({ expect }) => {
    await ensurePythonClients();
    const { gatewayUrl } = await usePlatform({ functions: [ECHO] });

    const numbers = await runPython('boto3_calls.py', {
      gatewayUrl,
      arguments: ['parallel', 'echo'],
    });

    expect(numbers).toEqual(Array.from({ length: 24 }, (_, i) => i));
  });
});
