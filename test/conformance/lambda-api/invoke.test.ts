import { InvokeCommand, type InvokeCommandInput } from '@aws-sdk/client-lambda';
import { describe, it } from 'vitest';
import { useLambdaClient } from '../../helpers/lambda-client.ts';
import { aNodeFunction, usePlatform, type FunctionManifest } from '../../helpers/platform.ts';

const ECHO = aNodeFunction('echo', 'exports.handler = async (event) => event;');
const CONTEXT = aNodeFunction(
  'context',
  `exports.handler = async (event, context) => {
    console.log('a line of the handler');
    return { ...context, remainingMs: context.getRemainingTimeInMillis() };
  };`,
  { memorySize: 256, timeout: 5 },
);
const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:context';

/** A platform with the functions, and a way to call them with AWS's client. */
async function useInvoke(...functions: FunctionManifest[]) {
  const platform = await usePlatform({ functions });
  const client = useLambdaClient(platform.gatewayUrl);
  return async (input: InvokeCommandInput) => {
    const output = await client.send(new InvokeCommand(input));
    const text = output.Payload?.transformToString() ?? '';
    return {
      ...output,
      text,
      json: (text === '' ? undefined : JSON.parse(text)) as Record<string, unknown> | undefined,
      log: Buffer.from(output.LogResult ?? '', 'base64').toString(),
    };
  };
}

describe("InvokeCommand of AWS's client", () => {
  it('finds a function by name, partial ARN and ARN, with and without a qualifier', async ({
    expect,
  }) => {
    const invoke = await useInvoke(CONTEXT);
    const calls: readonly (readonly [input: InvokeCommandInput, invokedArn: string])[] = [
      [{ FunctionName: 'context' }, ARN],
      [{ FunctionName: '000000000000:function:context' }, ARN],
      [{ FunctionName: ARN }, ARN],
      [{ FunctionName: 'context', Qualifier: '$LATEST' }, `${ARN}:$LATEST`],
      [{ FunctionName: 'context:$LATEST' }, `${ARN}:$LATEST`],
      [{ FunctionName: `${ARN}:$LATEST`, Qualifier: '$LATEST' }, `${ARN}:$LATEST`],
    ];

    for (const [input, invokedFunctionArn] of calls) {
      const { StatusCode, ExecutedVersion, FunctionError, json } = await invoke(input);
      expect({ StatusCode, ExecutedVersion, FunctionError }).toEqual({
        StatusCode: 200,
        ExecutedVersion: '$LATEST',
        FunctionError: undefined,
      });
      expect(json).toMatchObject({ invokedFunctionArn });
    }
  });

  it('gives the handler the context that Lambda gives', async ({ expect }) => {
    const invoke = await useInvoke(CONTEXT);

    const { json, $metadata } = await invoke({ FunctionName: 'context' });

    expect(json).toMatchObject({
      callbackWaitsForEmptyEventLoop: true,
      functionName: 'context',
      functionVersion: '$LATEST',
      memoryLimitInMB: '256',
      logGroupName: '/aws/lambda/context',
      logStreamName: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/),
      awsRequestId: $metadata.requestId,
      invokedFunctionArn: ARN,
    });
    expect($metadata.requestId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(json?.['remainingMs']).toBeGreaterThan(0);
    expect(json?.['remainingMs']).toBeLessThanOrEqual(5000);
    expect(json).not.toHaveProperty('clientContext');
  });

  it('hands the client context to the handler', async ({ expect }) => {
    const invoke = await useInvoke(CONTEXT);
    const clientContext = {
      custom: { foo: 'bär ✓' },
      client: { snap: ['crackle', 'pop'] },
      env: { fizz: 'buzz' },
    };

    const { json } = await invoke({
      FunctionName: 'context',
      ClientContext: Buffer.from(JSON.stringify(clientContext)).toString('base64'),
    });

    expect(json).toMatchObject({ clientContext });
  });

  it('returns the tail of the log when it is asked for, and only then', async ({ expect }) => {
    const invoke = await useInvoke(CONTEXT);

    const tailed = await invoke({ FunctionName: 'context', LogType: 'Tail' });
    const plain = await invoke({ FunctionName: 'context', LogType: 'None' });

    const requestId = tailed.$metadata.requestId ?? '';
    expect(tailed.log).toContain(`START RequestId: ${requestId} Version: $LATEST\n`);
    expect(tailed.log).toContain('a line of the handler');
    expect(tailed.log).toContain(`REPORT RequestId: ${requestId}\t`);
    expect(plain.LogResult).toBeUndefined();
  });

  it('passes payloads through byte by byte', async ({ expect }) => {
    const invoke = await useInvoke(ECHO);
    const payloads = [
      '{}',
      'null',
      'true',
      '-1.5e3',
      '""',
      '[]',
      '"ä €  \\u0000 😀"',
      '{"a":{"b":[1,2,{"c":null}]}}',
    ];

    for (const payload of payloads) {
      const { text } = await invoke({ FunctionName: 'echo', Payload: Buffer.from(payload) });
      expect(JSON.parse(text)).toEqual(JSON.parse(payload));
    }
    expect((await invoke({ FunctionName: 'echo' })).text).toBe('{}');
  });

  it('gets null from a handler that returns nothing', async ({ expect }) => {
    const invoke = await useInvoke(aNodeFunction('nothing', 'exports.handler = async () => {};'));

    const { StatusCode, FunctionError, text } = await invoke({ FunctionName: 'nothing' });

    expect([StatusCode, FunctionError, text]).toEqual([200, undefined, 'null']);
  });

  it('checks a DryRun without running the function', async ({ expect }) => {
    const invoke = await useInvoke(
      aNodeFunction('counts', 'let n = 0; exports.handler = async () => ++n;'),
    );

    const dry = await invoke({ FunctionName: 'counts', InvocationType: 'DryRun' });

    expect([dry.StatusCode, dry.text]).toEqual([204, '']);
    await expect(
      invoke({ FunctionName: 'nobody', InvocationType: 'DryRun' }),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    expect((await invoke({ FunctionName: 'counts' })).json).toBe(1);
  });

  it('is served many at a time over its own connections', async ({ expect }) => {
    const invoke = await useInvoke(ECHO);

    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        invoke({ FunctionName: 'echo', Payload: JSON.stringify({ i }) }),
      ),
    );

    expect(answers.map(({ json }) => json?.['i'])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});
