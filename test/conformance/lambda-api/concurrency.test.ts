import {
  CreateAliasCommand,
  DeleteFunctionConcurrencyCommand,
  DeleteProvisionedConcurrencyConfigCommand,
  GetFunctionCommand,
  GetFunctionConcurrencyCommand,
  GetProvisionedConcurrencyConfigCommand,
  ListProvisionedConcurrencyConfigsCommand,
  PutFunctionConcurrencyCommand,
  PutProvisionedConcurrencyConfigCommand,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { eventually } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { usePublishedFunction } from '../../helpers/published-function.ts';

const HELLO = { FunctionName: 'hello' };
const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:hello';

function refusalOf(answer: Promise<unknown>): Promise<unknown> {
  return answer.then(
    () => undefined,
    (error: unknown) => String(error),
  );
}

function reserve(client: LambdaClient, count: number): Promise<unknown> {
  return client.send(
    new PutFunctionConcurrencyCommand({ ...HELLO, ReservedConcurrentExecutions: count }),
  );
}

function provision(client: LambdaClient, Qualifier: string, count: number) {
  return client.send(
    new PutProvisionedConcurrencyConfigCommand({
      ...HELLO,
      Qualifier,
      ProvisionedConcurrentExecutions: count,
    }),
  );
}

describe('reserved concurrency of the Lambda API', () => {
  it('is set, answered, held to and taken away', async ({ expect }) => {
    const { client, platform } = await usePublishedFunction();
    const get = async (): Promise<unknown> =>
      (await client.send(new GetFunctionConcurrencyCommand(HELLO))).ReservedConcurrentExecutions;
    expect(await get()).toBeUndefined();
    expect(await reserve(client, 0)).toMatchObject({
      ReservedConcurrentExecutions: 0,
      $metadata: { httpStatusCode: 200 },
    });
    expect(await get()).toBe(0);
    expect((await platform.invoke('hello')).statusCode).toBe(429);
    const { Concurrency } = await client.send(new GetFunctionCommand(HELLO));
    expect(Concurrency).toEqual({ ReservedConcurrentExecutions: 0 });
    const deleted = await client.send(new DeleteFunctionConcurrencyCommand(HELLO));
    expect(deleted.$metadata.httpStatusCode).toBe(204);
    expect(await get()).toBeUndefined();
    await eventually(async () => {
      const { statusCode } = await platform.invoke('hello');
      if (statusCode !== 200) throw new Error(`answered ${statusCode.toString()}`);
    });
  });

  it('leaves a minimum unreserved', async ({ expect }) => {
    const { client } = await usePublishedFunction();
    const least =
      "InvalidParameterValueException: Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].";
    expect(await refusalOf(reserve(client, 1001))).toBe(least);
    expect(await refusalOf(reserve(client, 901))).toBe(least);
    expect(await refusalOf(reserve(client, 900))).toBeUndefined();
  });

  it('is that of a function', async ({ expect }) => {
    const { client } = await usePublishedFunction();
    const ofVersion = new PutFunctionConcurrencyCommand({
      FunctionName: `${ARN}:1`,
      ReservedConcurrentExecutions: 1,
    });
    expect(await refusalOf(client.send(ofVersion))).toBe(
      'InvalidParameterValueException: This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.',
    );
    const ofUnknown = new GetFunctionConcurrencyCommand({ FunctionName: 'unknown' });
    expect(await refusalOf(client.send(ofUnknown))).toBe(
      `ResourceNotFoundException: Function not found: ${ARN.replace('hello', 'unknown')}`,
    );
  });
});

describe('provisioned concurrency of the Lambda API', () => {
  it('of a version comes to be ready, is listed and goes', async ({ expect }) => {
    const { client } = await usePublishedFunction(1);
    const V1 = { ...HELLO, Qualifier: '1' };
    expect(await provision(client, '1', 2)).toMatchObject({
      RequestedProvisionedConcurrentExecutions: 2,
      Status: 'IN_PROGRESS',
      LastModified: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/) as unknown,
      $metadata: { httpStatusCode: 202 },
    });
    await eventually(async () => {
      const config = await client.send(new GetProvisionedConcurrencyConfigCommand(V1));
      if (config.Status !== 'READY') throw new Error(`it is ${String(config.Status)}`);
      expect(config).toMatchObject({
        RequestedProvisionedConcurrentExecutions: 2,
        AllocatedProvisionedConcurrentExecutions: 2,
        AvailableProvisionedConcurrentExecutions: 2,
      });
    });
    const list = new ListProvisionedConcurrencyConfigsCommand(HELLO);
    const listed = await client.send(list);
    expect(listed.ProvisionedConcurrencyConfigs).toMatchObject([
      { FunctionArn: `${ARN}:1`, Status: 'READY' },
    ]);
    const deleted = await client.send(new DeleteProvisionedConcurrencyConfigCommand(V1));
    expect(deleted.$metadata.httpStatusCode).toBe(204);
    expect((await client.send(list)).ProvisionedConcurrencyConfigs).toEqual([]);
    expect(await refusalOf(client.send(new GetProvisionedConcurrencyConfigCommand(V1)))).toBe(
      'ProvisionedConcurrencyConfigNotFoundException: No Provisioned Concurrency Config found for this function',
    );
  });

  it('is refused where it cannot be had, in the words of Lambda', async ({ expect }) => {
    const { client } = await usePublishedFunction(1);
    await client.send(new CreateAliasCommand({ ...HELLO, Name: 'live', FunctionVersion: '1' }));
    const ask = (qualifier: string, count: number): Promise<unknown> =>
      refusalOf(provision(client, qualifier, count));
    expect(await ask('$LATEST', 1)).toBe(
      'InvalidParameterValueException: Provisioned Concurrency Configs cannot be applied to unpublished function versions.',
    );
    expect(await ask('7', 1)).toBe(`ResourceNotFoundException: Function not found: ${ARN}:7`);
    expect(await ask('gone', 1)).toBe(
      `ResourceNotFoundException: Cannot find alias arn: ${ARN}:gone`,
    );
    expect(await ask('1', 0)).toBe(
      "ValidationException: 1 validation error detected: Value '0' at 'provisionedConcurrentExecutions' failed to satisfy constraint: Member must have value greater than or equal to 1",
    );
    expect(await ask('1', 901)).toBe(
      "InvalidParameterValueException: Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].",
    );
    await reserve(client, 2);
    expect(await ask('1', 3)).toBe(
      'InvalidParameterValueException: Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function',
    );
    expect(await ask('1', 2)).toBeUndefined();
    expect(await ask('live', 1)).toBe(
      "ResourceConflictException: Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version",
    );
    expect(await refusalOf(reserve(client, 1))).toBe(
      "InvalidParameterValueException:  ReservedConcurrentExecutions  1 should not be lower than function's total provisioned concurrency [2].",
    );
  });

  it('of $LATEST is none', async ({ expect }) => {
    const { client } = await usePublishedFunction();
    const get = new GetProvisionedConcurrencyConfigCommand({ ...HELLO, Qualifier: '$LATEST' });
    expect(await refusalOf(client.send(get))).toBe(
      'InvalidParameterValueException: The function resource provided must be an alias or a published version.',
    );
  });
});
