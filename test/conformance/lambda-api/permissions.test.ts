import {
  AddPermissionCommand,
  CreateAliasCommand,
  DeleteResourcePolicyCommand,
  GetPolicyCommand,
  GetResourcePolicyCommand,
  PublishVersionCommand,
  PutResourcePolicyCommand,
  RemovePermissionCommand,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { describe, it } from 'vitest';
import { useLambdaClient } from '../../helpers/lambda-client.ts';
import { aNodeFunction, usePlatform } from '../../helpers/platform.ts';

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:hello';
const S3 = {
  FunctionName: 'hello',
  StatementId: 's3',
  Action: 'lambda:InvokeFunction',
  Principal: 's3.amazonaws.com',
  SourceArn: 'arn:aws:s3:::bucket',
} as const;
const statementOf = (Resource: string) => ({
  Sid: 's3',
  Effect: 'Allow',
  Principal: { Service: 's3.amazonaws.com' },
  Action: 'lambda:InvokeFunction',
  Resource,
  Condition: { ArnLike: { 'AWS:SourceArn': 'arn:aws:s3:::bucket' } },
});
const NONE = {
  name: 'ResourceNotFoundException',
  message: 'The resource you requested does not exist.',
};

async function useClient(): Promise<LambdaClient> {
  const functions = [aNodeFunction('hello', 'exports.handler = async () => 1;')];
  const { gatewayUrl } = await usePlatform({ functions });
  return useLambdaClient(gatewayUrl);
}

async function readPolicy(client: LambdaClient, Qualifier?: string): Promise<unknown> {
  const { Policy = '' } = await client.send(
    new GetPolicyCommand({ FunctionName: 'hello', Qualifier }),
  );
  return JSON.parse(Policy);
}

describe('permissions', () => {
  it('are those of the function, the version or the alias that is named', async ({ expect }) => {
    const client = await useClient();
    const { Statement = '' } = await client.send(new AddPermissionCommand(S3));
    expect(JSON.parse(Statement)).toEqual(statementOf(ARN));
    expect(await readPolicy(client)).toEqual({
      Version: '2012-10-17',
      Id: 'default',
      Statement: [statementOf(ARN)],
    });

    await client.send(new PublishVersionCommand({ FunctionName: 'hello' }));
    await expect(readPolicy(client, '1')).rejects.toMatchObject(NONE);
    await client.send(new AddPermissionCommand({ ...S3, Qualifier: '1' }));
    expect(await readPolicy(client, '1')).toMatchObject({ Statement: [statementOf(`${ARN}:1`)] });

    const { RevisionId } = await client.send(
      new CreateAliasCommand({ FunctionName: 'hello', Name: 'live', FunctionVersion: '1' }),
    );
    await expect(
      client.send(new AddPermissionCommand({ ...S3, Qualifier: 'live', RevisionId: 'wrong' })),
    ).rejects.toMatchObject({
      name: 'PreconditionFailedException',
      message:
        'The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve the latest Revision Id',
    });
    await client.send(new AddPermissionCommand({ ...S3, Qualifier: 'live', RevisionId }));
    expect(await readPolicy(client, 'live')).toMatchObject({
      Statement: [statementOf(`${ARN}:live`)],
    });
  });

  it('are refused twice under one name, and removed once', async ({ expect }) => {
    const client = await useClient();
    await client.send(new AddPermissionCommand(S3));
    await expect(client.send(new AddPermissionCommand(S3))).rejects.toMatchObject({
      name: 'ResourceConflictException',
      message:
        'The statement id (s3) provided already exists. Please provide a new statement id, or remove the existing statement.',
    });
    const remove = new RemovePermissionCommand({ FunctionName: 'hello', StatementId: 's3' });
    await client.send(remove);
    await expect(readPolicy(client)).rejects.toMatchObject(NONE);
    await expect(client.send(remove)).rejects.toMatchObject({
      message: 'No policy is associated with the given resource.',
    });
  });

  it('can be written and deleted as a whole', async ({ expect }) => {
    const client = await useClient();
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statementOf(ARN)] });
    const put = await client.send(new PutResourcePolicyCommand({ ResourceArn: ARN, Policy }));
    expect(await readPolicy(client)).toMatchObject({ Statement: [statementOf(ARN)] });
    const got = await client.send(new GetResourcePolicyCommand({ ResourceArn: ARN }));
    expect(got.RevisionId).toBe(put.RevisionId);

    const denying = JSON.stringify({ Statement: [{ ...statementOf(ARN), Effect: 'Deny' }] });
    await expect(
      client.send(new PutResourcePolicyCommand({ ResourceArn: ARN, Policy: denying })),
    ).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: expect.stringMatching(
        /^The provided policy is invalid: Statement\.0\.Effect/,
      ) as string,
    });
    await client.send(new DeleteResourcePolicyCommand({ ResourceArn: ARN }));
    await expect(readPolicy(client)).rejects.toMatchObject(NONE);
  });
});
