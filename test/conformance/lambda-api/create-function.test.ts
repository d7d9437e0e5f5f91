import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetFunctionCommand,
  InvokeCommand,
  ListFunctionsCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  type CreateFunctionCommandInput,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { zipInline } from '@mayfly/code';
import { describe, it } from 'vitest';
import { useLambdaClient } from '../../helpers/lambda-client.ts';
import { usePlatform } from '../../helpers/platform.ts';

const ROLE = 'arn:aws:iam::000000000000:role/lambda';
const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:made';

async function aZip(body: string): Promise<Uint8Array> {
  const source = `exports.handler = async () => ${body};`;
  return zipInline({ runtime: 'nodejs24.x', handler: 'index.handler', source });
}

async function aRequest(
  overrides: Partial<CreateFunctionCommandInput> = {},
): Promise<CreateFunctionCommandInput> {
  return {
    FunctionName: 'made',
    Role: ROLE,
    Runtime: 'nodejs24.x',
    Handler: 'index.handler',
    Code: { ZipFile: await aZip('"one"') },
    ...overrides,
  };
}

async function call(client: LambdaClient, FunctionName = 'made'): Promise<unknown> {
  const { Payload } = await client.send(new InvokeCommand({ FunctionName }));
  return JSON.parse(Payload?.transformToString() ?? 'null');
}

async function useClient(): Promise<LambdaClient> {
  const { gatewayUrl } = await usePlatform({ functions: [] });
  return useLambdaClient(gatewayUrl);
}

describe('CreateFunction', () => {
  it('makes a function that can be called at once, changed, and deleted', async ({ expect }) => {
    const client = await useClient();
    const created = await client.send(
      new CreateFunctionCommand(
        await aRequest({ Environment: { Variables: { GREETING: 'hi' } }, Tags: { team: 'x' } }),
      ),
    );
    expect(created).toMatchObject({
      FunctionArn: ARN,
      FunctionName: 'made',
      Role: ROLE,
      State: 'Pending',
      StateReasonCode: 'Creating',
      Version: '$LATEST',
      Environment: { Variables: { GREETING: 'hi' } },
      $metadata: { httpStatusCode: 201 },
    });
    expect(created.LastUpdateStatus).toBeUndefined();
    expect(created.LastModified).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/);
    expect(await call(client)).toBe('one');

    const { Configuration, Tags } = await client.send(
      new GetFunctionCommand({ FunctionName: 'made' }),
    );
    expect(Tags).toEqual({ team: 'x' });
    expect(Configuration).toMatchObject({
      State: 'Active',
      LastUpdateStatus: 'Successful',
      CodeSha256: created.CodeSha256,
      CodeSize: created.CodeSize,
    });
    expect(Configuration?.RevisionId).not.toBe(created.RevisionId);

    const updated = await client.send(
      new UpdateFunctionCodeCommand({ FunctionName: 'made', ZipFile: await aZip('"two"') }),
    );
    expect(updated).toMatchObject({ State: 'Active', LastUpdateStatus: 'InProgress' });
    expect(updated.CodeSha256).not.toBe(created.CodeSha256);
    expect(await call(client)).toBe('two');

    const configured = await client.send(
      new UpdateFunctionConfigurationCommand({ FunctionName: 'made', MemorySize: 256, Timeout: 9 }),
    );
    expect(configured).toMatchObject({
      MemorySize: 256,
      Timeout: 9,
      Environment: { Variables: { GREETING: 'hi' } },
      CodeSha256: updated.CodeSha256,
    });

    await client.send(new DeleteFunctionCommand({ FunctionName: 'made' }));
    await expect(call(client)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await client.send(new CreateFunctionCommand(await aRequest()));
    expect(await call(client)).toBe('one');
  });

  it('refuses another one of the same name', async ({ expect }) => {
    const client = await useClient();
    await client.send(new CreateFunctionCommand(await aRequest()));
    await expect(client.send(new CreateFunctionCommand(await aRequest()))).rejects.toMatchObject({
      name: 'ResourceConflictException',
      message: 'Function already exist: made',
    });
  });

  it.for([
    [
      'no archive',
      { Code: { ZipFile: Buffer.from('no zip') } },
      /^Could not unzip uploaded file\. Please check your file, then try to upload again\.$/,
    ],
    [
      'no runtime',
      { Runtime: undefined },
      /^Runtime and Handler are mandatory parameters for functions created with deployment packages\.$/,
    ],
    ['a network', { VpcConfig: { SubnetIds: ['subnet-1'] } }, /^VpcConfig is not served by Mayfly/],
    [
      'a reserved variable',
      { Environment: { Variables: { AWS_REGION: 'x' } } },
      /reserved keys .* Reserved keys used in this request: AWS_REGION$/,
    ],
    [
      'too many variables',
      { Environment: { Variables: { LARGE: 'x'.repeat(4086) } } },
      /exceeded the 4KB limit\. String measured: \{"LARGE":"x+"\}$/,
    ],
    [
      'a runtime that nobody has',
      { Runtime: 'cobol' as 'nodejs24.x' },
      /^Value cobol at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: \[.*nodejs24\.x.*\] or be a valid ARN$/,
    ],
  ] as const)('refuses %s, and makes nothing', async ([, wrong, message], { expect }) => {
    const client = await useClient();
    await expect(
      client.send(
        new CreateFunctionCommand(await aRequest(wrong as Partial<CreateFunctionCommandInput>)),
      ),
    ).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: expect.stringMatching(message) as string,
      $metadata: { httpStatusCode: 400 },
    });
    const { Functions } = await client.send(new ListFunctionsCommand({}));
    expect(Functions).toEqual([]);
  });
});

describe('an update of a function', () => {
  it('is refused for a revision that is not the latest', async ({ expect }) => {
    const client = await useClient();
    await client.send(new CreateFunctionCommand(await aRequest()));
    const wrong = { FunctionName: 'made', RevisionId: 'wrong' };
    const refusal = {
      name: 'PreconditionFailedException',
      message:
        'The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id',
      $metadata: { httpStatusCode: 412 },
    };
    await expect(
      client.send(new UpdateFunctionConfigurationCommand({ ...wrong, Timeout: 5 })),
    ).rejects.toMatchObject(refusal);
    await expect(
      client.send(new UpdateFunctionCodeCommand({ ...wrong, ZipFile: await aZip('2') })),
    ).rejects.toMatchObject(refusal);

    const { Configuration } = await client.send(new GetFunctionCommand({ FunctionName: 'made' }));
    const right = { FunctionName: 'made', RevisionId: Configuration?.RevisionId };
    const { Timeout } = await client.send(
      new UpdateFunctionConfigurationCommand({ ...right, Timeout: 5 }),
    );
    expect(Timeout).toBe(5);
  });

  it('that changes nothing is an update all the same', async ({ expect }) => {
    const client = await useClient();
    await client.send(new CreateFunctionCommand(await aRequest()));
    const same = new UpdateFunctionConfigurationCommand({ FunctionName: 'made', Timeout: 3 });
    const get = new GetFunctionCommand({ FunctionName: 'made' });
    const before = await client.send(get);
    const { LastUpdateStatus, RevisionId } = await client.send(same);
    expect(LastUpdateStatus).toBe('InProgress');
    expect(RevisionId).not.toBe(before.Configuration?.RevisionId);
  });

  it('that the platform refuses changes nothing', async ({ expect }) => {
    const client = await useClient();
    await client.send(new CreateFunctionCommand(await aRequest()));
    await expect(
      client.send(
        new UpdateFunctionConfigurationCommand({
          FunctionName: 'made',
          Runtime: 'cobol' as 'nodejs24.x',
        }),
      ),
    ).rejects.toMatchObject({ name: 'InvalidParameterValueException' });
    const { Configuration } = await client.send(new GetFunctionCommand({ FunctionName: 'made' }));
    expect(Configuration).toMatchObject({ Runtime: 'nodejs24.x', LastUpdateStatus: 'Successful' });
    expect(await call(client)).toBe('one');
  });

  it('with DryRun says what would be', async ({ expect }) => {
    const client = await useClient();
    const created = await client.send(new CreateFunctionCommand(await aRequest()));
    const dry = await client.send(
      new UpdateFunctionCodeCommand({
        FunctionName: 'made',
        ZipFile: await aZip('"two"'),
        DryRun: true,
      }),
    );
    expect(dry.CodeSha256).not.toBe(created.CodeSha256);
    expect(await call(client)).toBe('one');
  });
});
