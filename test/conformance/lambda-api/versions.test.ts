import {
  DeleteFunctionCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  ListVersionsByFunctionCommand,
  paginateListVersionsByFunction,
  PublishVersionCommand,
} from '@aws-sdk/client-lambda';
import { describe, it } from 'vitest';
import { usePublishedFunction } from '../../helpers/published-function.ts';

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:hello';

describe('PublishVersion', () => {
  it('freezes $LATEST under the next number, and not twice', async ({ expect }) => {
    const { client, change, platform } = await usePublishedFunction();
    const first = await client.send(
      new PublishVersionCommand({ FunctionName: 'hello', Description: 'first' }),
    );
    expect(first).toMatchObject({
      $metadata: { httpStatusCode: 201 },
      FunctionArn: `${ARN}:1`,
      Version: '1',
      Description: 'first',
      State: 'Active',
      LastUpdateStatus: 'Successful',
    });
    const again = await client.send(new PublishVersionCommand({ FunctionName: ARN }));
    expect(again).toMatchObject({ Version: '1', RevisionId: first.RevisionId });

    await change(2);
    const second = await client.send(new PublishVersionCommand({ FunctionName: 'hello' }));
    expect(second).toMatchObject({ Version: '2', Description: 'answers a number' });
    expect(second.RevisionId).not.toBe(first.RevisionId);
    expect((await platform.invoke('hello@1')).payload).toBe(1);
    expect((await platform.invoke('hello@2')).payload).toBe(2);
    const { Configuration } = await client.send(
      new GetFunctionCommand({ FunctionName: 'hello', Qualifier: '1' }),
    );
    expect(Configuration).toMatchObject({
      FunctionArn: `${ARN}:1`,
      Description: 'first',
      RevisionId: first.RevisionId,
    });
  });

  it('publishes once for many callers at the same time', async ({ expect }) => {
    const { client } = await usePublishedFunction();
    const answers = await Promise.all(
      Array.from({ length: 5 }, () =>
        client.send(new PublishVersionCommand({ FunctionName: 'hello' })),
      ),
    );
    expect(answers.map(({ Version }) => Version)).toEqual(['1', '1', '1', '1', '1']);
    const { Versions } = await client.send(
      new ListVersionsByFunctionCommand({ FunctionName: 'hello' }),
    );
    expect(Versions?.map(({ Version }) => Version)).toEqual(['$LATEST', '1']);
  });

  it('is held back by what the caller expects', async ({ expect }) => {
    const { client } = await usePublishedFunction();
    const latest = await client.send(
      new GetFunctionConfigurationCommand({ FunctionName: 'hello' }),
    );
    const publish = (guard: object): Promise<unknown> =>
      client.send(new PublishVersionCommand({ FunctionName: 'hello', ...guard }));
    await expect(publish({ CodeSha256: 'other' })).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: `CodeSHA256 (other) is different from current CodeSHA256 in $LATEST (${String(latest.CodeSha256)}). Please try again with the CodeSHA256 in $LATEST.`,
      $metadata: { httpStatusCode: 400 },
    });
    await expect(publish({ RevisionId: 'other' })).rejects.toMatchObject({
      name: 'PreconditionFailedException',
      message:
        'The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id',
      $metadata: { httpStatusCode: 412 },
    });
    const { CodeSha256, RevisionId } = latest;
    expect(await publish({ CodeSha256, RevisionId })).toMatchObject({ Version: '1' });
  });

  it('of an unknown function is refused', async ({ expect }) => {
    const { client } = await usePublishedFunction();
    const unknown = new PublishVersionCommand({ FunctionName: 'unknown' });
    await expect(client.send(unknown)).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'Function not found: arn:aws:lambda:us-east-1:000000000000:function:unknown',
    });
  });
});

describe('ListVersionsByFunction', () => {
  it('answers $LATEST and the versions in pages', async ({ expect }) => {
    const { client, change } = await usePublishedFunction();
    for (const answer of [2, 3]) {
      await client.send(new PublishVersionCommand({ FunctionName: 'hello' }));
      await change(answer);
    }
    const arns: (string | undefined)[] = [];
    const pages = paginateListVersionsByFunction(
      { client, pageSize: 1 },
      { FunctionName: 'hello' },
    );
    for await (const { Versions = [] } of pages) {
      expect(Versions.length).toBeLessThanOrEqual(1);
      expect(Versions[0]).not.toHaveProperty('State');
      arns.push(...Versions.map(({ FunctionArn }) => FunctionArn));
    }
    expect(arns).toEqual([`${ARN}:$LATEST`, `${ARN}:1`, `${ARN}:2`]);
    await client.send(new DeleteFunctionCommand({ FunctionName: 'hello', Qualifier: '1' }));
    const { Versions } = await client.send(
      new ListVersionsByFunctionCommand({ FunctionName: 'hello' }),
    );
    expect(Versions?.map(({ Version }) => Version)).toEqual(['$LATEST', '2']);
  });
});
