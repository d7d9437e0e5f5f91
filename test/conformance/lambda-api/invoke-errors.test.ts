import {
  InvalidRequestContentException,
  InvokeCommand,
  LambdaServiceException,
  RequestTooLargeException,
  ResourceNotFoundException,
  TooManyRequestsException,
  type InvokeCommandInput,
} from '@aws-sdk/client-lambda';
import { describe, it } from 'vitest';
import { useLambdaClient } from '../../helpers/lambda-client.ts';
import { aNodeFunction, usePlatform } from '../../helpers/platform.ts';

const ECHO = aNodeFunction('echo', 'exports.handler = async (event) => event;');
const OFF = aNodeFunction('off', 'exports.handler = async () => 1;', {
  reservedConcurrentExecutions: 0,
});
const ARN = 'arn:aws:lambda:us-east-1:000000000000:function';

/** What the client throws for each of the inputs. */
async function collectErrors(
  inputs: readonly InvokeCommandInput[],
): Promise<LambdaServiceException[]> {
  const { gatewayUrl, invoke } = await usePlatform({ functions: [ECHO, OFF] });
  const client = useLambdaClient(gatewayUrl);
  const errors: LambdaServiceException[] = [];
  for (const input of inputs) {
    const thrown: unknown = await client.send(new InvokeCommand(input)).then(
      () => new Error(`${JSON.stringify(input)} was answered`),
      (error: unknown) => error,
    );
    if (!(thrown instanceof LambdaServiceException)) throw thrown;
    errors.push(thrown);
  }
  if ((await invoke('echo', { next: 1 })).statusCode !== 200) throw new Error('echo is broken');
  return errors;
}

describe("AWS's client throws", () => {
  it('ResourceNotFoundException for what does not exist', async ({ expect }) => {
    const errors = await collectErrors([
      { FunctionName: 'nobody' },
      { FunctionName: 'echo', Qualifier: '42' },
      { FunctionName: 'echo:live' },
      { FunctionName: '123456789012:function:echo' },
      { FunctionName: 'arn:aws:lambda:eu-west-1:000000000000:function:echo' },
    ]);

    expect(errors.map(({ message }) => message)).toEqual([
      `Function not found: ${ARN}:nobody`,
      `Function not found: ${ARN}:echo:42`,
      `Function not found: ${ARN}:echo:live`,
      'Function not found: arn:aws:lambda:us-east-1:123456789012:function:echo',
      "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')",
    ]);
    for (const error of errors) {
      expect(error).toBeInstanceOf(ResourceNotFoundException);
      expect(error).toMatchObject({
        Type: 'User',
        $fault: 'client',
        $metadata: { httpStatusCode: 404, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
      });
    }
  });

  it('InvalidRequestContentException for a payload that is no JSON', async ({ expect }) => {
    const errors = await collectErrors([
      { FunctionName: 'echo', Payload: Buffer.from('{"a":') },
      { FunctionName: 'echo', Payload: Buffer.from('value') },
      { FunctionName: 'echo', Payload: Buffer.from([0x22, 0xff, 0x22]) },
      { FunctionName: 'echo', ClientContext: 'no base64!' },
    ]);

    for (const error of errors) {
      expect(error).toBeInstanceOf(InvalidRequestContentException);
      expect(error).toMatchObject({ Type: 'User', $metadata: { httpStatusCode: 400 } });
    }
    expect(errors[1]?.message).toBe(
      `Could not parse request body into json: Unrecognized token 'value': was expecting ('true', 'false' or 'null')\n at [Source: (byte[])"value"; line: 1, column: 1]`,
    );
  });

  it('RequestTooLargeException for a payload over 6 MB', async ({ expect }) => {
    const [error] = await collectErrors([
      { FunctionName: 'echo', Payload: Buffer.from(JSON.stringify('x'.repeat(6 * 1024 * 1024))) },
    ]);

    expect(error).toBeInstanceOf(RequestTooLargeException);
    expect(error).toMatchObject({ Type: 'User', $metadata: { httpStatusCode: 413 } });
    expect(error?.message).toBe(
      'Request must be smaller than 6291456 bytes for the InvokeFunction operation',
    );
  });

  it('TooManyRequestsException with its reason when concurrency is used up', async ({ expect }) => {
    const [error] = await collectErrors([{ FunctionName: 'off' }]);

    expect(error).toBeInstanceOf(TooManyRequestsException);
    expect(error).toMatchObject({
      Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
      Type: 'User',
      message: 'Rate Exceeded.',
      $metadata: { httpStatusCode: 429, attempts: 1 },
    });
  });

  it('ValidationException for what the service model does not allow', async ({ expect }) => {
    const errors = await collectErrors([
      { FunctionName: 'not a name' },
      { FunctionName: 'x'.repeat(65) },
      { FunctionName: 'echo', Qualifier: 'bad qualifier!' },
      { FunctionName: 'echo', InvocationType: 'Sometimes' as 'Event' },
      { FunctionName: 'echo', LogType: 'Head' as 'Tail' },
    ]);

    for (const error of errors) {
      expect(error).toMatchObject({
        name: 'ValidationException',
        message: expect.stringContaining('1 validation error detected: Value '),
        $metadata: { httpStatusCode: 400 },
      });
    }
  });

  it('an error that says so for invocation types that are not served yet', async ({ expect }) => {
    const [error] = await collectErrors([{ FunctionName: 'echo', InvocationType: 'Event' }]);

    expect(error).toMatchObject({
      name: 'NotImplementedException',
      message: 'Event invocations are not served yet. Use the invocation type RequestResponse.',
      $metadata: { httpStatusCode: 501 },
    });
  });
});

it("the retries of AWS's client get through once a throttle is lifted", async ({ expect }) => {
  const { gatewayUrl, apply } = await usePlatform({ functions: [OFF] });
  const client = useLambdaClient(gatewayUrl, { maxAttempts: 50 });

  const throttled = client.send(new InvokeCommand({ FunctionName: 'off' }));
  apply({ ...OFF, spec: { ...OFF.spec, reservedConcurrentExecutions: 1 } });

  expect((await throttled).Payload?.transformToString()).toBe('1');
});
