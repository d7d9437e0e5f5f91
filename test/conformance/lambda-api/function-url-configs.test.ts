import {
  CreateAliasCommand,
  CreateFunctionUrlConfigCommand,
  DeleteFunctionUrlConfigCommand,
  GetFunctionUrlConfigCommand,
  ListFunctionUrlConfigsCommand,
  UpdateFunctionUrlConfigCommand,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { describe, it } from 'vitest';
import { usePublishedFunction } from '../../helpers/published-function.ts';
import { sendRaw } from '../../helpers/raw-http.ts';

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:hello';
const HELLO = { FunctionName: 'hello' };
const NOT_THERE = 'ResourceNotFoundException: The resource you requested does not exist.';

/** What is answered at a function URL: its host is looked up nowhere. */
async function visit(gatewayUrl: string, functionUrl = ''): Promise<number> {
  const { host } = new URL(functionUrl);
  const answer = await sendRaw(gatewayUrl, { method: 'GET', path: '/', headers: { host } });
  return answer.statusCode;
}

function refusalOf(answer: Promise<unknown>): Promise<unknown> {
  return answer.then(
    () => undefined,
    (error: unknown) => String(error),
  );
}

describe('a URL of the Lambda API', () => {
  it('is made, changed and taken away', async ({ expect }) => {
    const { client, platform } = await usePublishedFunction();
    const Cors = { AllowOrigins: ['https://example.com'], AllowMethods: ['GET'], MaxAge: 60 };
    const created = await client.send(
      new CreateFunctionUrlConfigCommand({ ...HELLO, AuthType: 'NONE', Cors }),
    );
    expect(created).toEqual({
      $metadata: expect.objectContaining({ httpStatusCode: 201 }) as unknown,
      AuthType: 'NONE',
      Cors,
      CreationTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as unknown,
      FunctionArn: ARN,
      FunctionUrl: expect.stringMatching(
        /^http:\/\/hello-\w+\.lambda-url\.us-east-1\.localhost:\d+\/$/,
      ) as unknown,
    });
    expect(await visit(platform.gatewayUrl, created.FunctionUrl)).toBe(200);

    const changed = await client.send(
      new UpdateFunctionUrlConfigCommand({ ...HELLO, AuthType: 'AWS_IAM' }),
    );
    const { $metadata: _changed, ...answered } = changed;
    const { $metadata: _got, ...got } = await client.send(new GetFunctionUrlConfigCommand(HELLO));
    expect(got).toEqual(answered);
    const { FunctionUrl, CreationTime } = created;
    expect(got).toMatchObject({
      AuthType: 'AWS_IAM',
      Cors,
      FunctionUrl,
      CreationTime,
      InvokeMode: 'BUFFERED',
    });
    expect(Date.parse(got.LastModifiedTime ?? '')).toBeGreaterThanOrEqual(
      Date.parse(CreationTime ?? ''),
    );

    const deleted = await client.send(new DeleteFunctionUrlConfigCommand(HELLO));
    expect(deleted.$metadata.httpStatusCode).toBe(204);
    expect(await visit(platform.gatewayUrl, FunctionUrl)).not.toBe(200);
    const { metadata } = (await platform.get('hello')) ?? {};
    expect(Object.keys(metadata?.annotations ?? {}).filter((key) => key.includes('url'))).toEqual(
      [],
    );
  });

  it('is one of the function and one of each alias', async ({ expect }) => {
    const { client, platform } = await usePublishedFunction(1);
    await client.send(new CreateAliasCommand({ ...HELLO, Name: 'live', FunctionVersion: '1' }));
    const make = (Qualifier?: string) =>
      client.send(new CreateFunctionUrlConfigCommand({ ...HELLO, Qualifier, AuthType: 'NONE' }));
    const [plain, live] = [await make(), await make('live')];
    expect(live.FunctionArn).toBe(`${ARN}:live`);
    expect(live.FunctionUrl).not.toBe(plain.FunctionUrl);
    expect(await visit(platform.gatewayUrl, live.FunctionUrl)).toBe(200);
    const list = async (): Promise<unknown> =>
      (await client.send(new ListFunctionUrlConfigsCommand(HELLO))).FunctionUrlConfigs?.map(
        ({ FunctionArn }) => FunctionArn,
      );
    expect(await list()).toEqual([ARN, `${ARN}:live`]);
    await client.send(new DeleteFunctionUrlConfigCommand({ ...HELLO, Qualifier: 'live' }));
    expect(await list()).toEqual([ARN]);
  });
});

describe('a URL that cannot be', () => {
  const create = (client: LambdaClient, input: object): Promise<unknown> =>
    refusalOf(
      client.send(new CreateFunctionUrlConfigCommand({ ...HELLO, AuthType: 'NONE', ...input })),
    );

  it('is not made, in the words of Lambda', async ({ expect }) => {
    const { client } = await usePublishedFunction();
    for (const input of [{ FunctionName: 'unknown' }, { Qualifier: 'unknown' }]) {
      expect(await create(client, input)).toBe(
        'ResourceNotFoundException: Function does not exist',
      );
    }
    for (const Qualifier of ['1', '$LATEST']) {
      expect(await create(client, { Qualifier })).toBe(
        `ValidationException: 1 validation error detected: Value '${Qualifier}' at 'qualifier' failed to satisfy constraint: Member must satisfy regular expression pattern: ((?!^\\d+$)^[0-9a-zA-Z-_]+$)`,
      );
    }
    expect(await create(client, { InvokeMode: 'RESPONSE_STREAM' })).toContain(
      'InvokeMode RESPONSE_STREAM is not served by Mayfly',
    );
    expect(await create(client, {})).toBeUndefined();
    expect(await create(client, {})).toBe(
      `ResourceConflictException: Failed to create function url config for [functionArn = ${ARN}]. Error message:  FunctionUrlConfig exists for this Lambda function`,
    );
  });

  it('is not found', async ({ expect }) => {
    const { client } = await usePublishedFunction();
    expect(await refusalOf(client.send(new GetFunctionUrlConfigCommand(HELLO)))).toBe(NOT_THERE);
    expect(await refusalOf(client.send(new UpdateFunctionUrlConfigCommand(HELLO)))).toBe(NOT_THERE);
    expect(await refusalOf(client.send(new DeleteFunctionUrlConfigCommand(HELLO)))).toBe(NOT_THERE);
    const unknown = { FunctionName: 'unknown' };
    expect(await refusalOf(client.send(new GetFunctionUrlConfigCommand(unknown)))).toBe(NOT_THERE);
    expect(await refusalOf(client.send(new UpdateFunctionUrlConfigCommand(unknown)))).toBe(
      'ResourceNotFoundException: Function does not exist',
    );
  });
});
