import {
  CreateAliasCommand,
  DeleteFunctionEventInvokeConfigCommand,
  GetFunctionConfigurationCommand,
  GetFunctionEventInvokeConfigCommand,
  ListFunctionEventInvokeConfigsCommand,
  PublishVersionCommand,
  PutFunctionEventInvokeConfigCommand,
  UpdateFunctionEventInvokeConfigCommand,
  type LambdaClient,
  type PutFunctionEventInvokeConfigCommandInput,
} from '@aws-sdk/client-lambda';
import { describe, it } from 'vitest';
import { useLambdaClient } from '../../helpers/lambda-client.ts';
import { aNodeFunction, usePlatform } from '../../helpers/platform.ts';

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:hello';
const OTHER = 'arn:aws:lambda:us-east-1:000000000000:function:other';
const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:queue';
const NO_DESTINATIONS = { OnSuccess: {}, OnFailure: {} };
const NO_FUNCTION = {
  name: 'ResourceNotFoundException',
  message: "The function doesn't exist.",
};
const noConfigOf = (arn: string) => ({
  name: 'ResourceNotFoundException',
  message: `The function ${arn} doesn't have an EventInvokeConfig`,
});

async function useClient(): Promise<LambdaClient> {
  const source = 'exports.handler = async () => 1;';
  const functions = [aNodeFunction('hello', source), aNodeFunction('other', source)];
  const { gatewayUrl } = await usePlatform({ functions });
  return useLambdaClient(gatewayUrl);
}

function put(
  client: LambdaClient,
  settings: Omit<PutFunctionEventInvokeConfigCommandInput, 'FunctionName'>,
) {
  return client.send(
    new PutFunctionEventInvokeConfigCommand({ FunctionName: 'hello', ...settings }),
  );
}

async function list(client: LambdaClient): Promise<unknown[]> {
  const { FunctionEventInvokeConfigs = [] } = await client.send(
    new ListFunctionEventInvokeConfigsCommand({ FunctionName: 'hello' }),
  );
  return FunctionEventInvokeConfigs.map(({ FunctionArn }) => FunctionArn);
}

describe('configurations for events', () => {
  it('are those of $LATEST, of a version or of an alias', async ({ expect }) => {
    const client = await useClient();
    await client.send(new PublishVersionCommand({ FunctionName: 'hello' }));
    await client.send(
      new CreateAliasCommand({ FunctionName: 'hello', Name: 'live', FunctionVersion: '1' }),
    );
    const ofAlias = await put(client, { Qualifier: 'live', MaximumRetryAttempts: 1 });
    expect(ofAlias).toMatchObject({
      FunctionArn: `${ARN}:live`,
      LastModified: expect.any(Date) as Date,
      MaximumRetryAttempts: 1,
      DestinationConfig: NO_DESTINATIONS,
    });
    expect(ofAlias.MaximumEventAgeInSeconds).toBeUndefined();
    await put(client, { Qualifier: '1', MaximumEventAgeInSeconds: 60 });
    await put(client, { DestinationConfig: { OnFailure: { Destination: QUEUE } } });
    expect(await list(client)).toEqual([`${ARN}:$LATEST`, `${ARN}:1`, `${ARN}:live`]);

    const get = new GetFunctionEventInvokeConfigCommand({
      FunctionName: 'hello',
      Qualifier: 'live',
    });
    expect((await client.send(get)).LastModified).toEqual(ofAlias.LastModified);
    await client.send(
      new DeleteFunctionEventInvokeConfigCommand({ FunctionName: 'hello', Qualifier: 'live' }),
    );
    await expect(client.send(get)).rejects.toMatchObject(noConfigOf(`${ARN}:live`));
    expect(await list(client)).toEqual([`${ARN}:$LATEST`, `${ARN}:1`]);
  });

  it('are put as a whole and updated in parts', async ({ expect }) => {
    const client = await useClient();
    const update = (settings: object) =>
      client.send(
        new UpdateFunctionEventInvokeConfigCommand({ FunctionName: 'hello', ...settings }),
      );
    await expect(update({ MaximumRetryAttempts: 1 })).rejects.toMatchObject(
      noConfigOf(`${ARN}:$LATEST`),
    );
    await put(client, {
      MaximumEventAgeInSeconds: 60,
      DestinationConfig: { OnSuccess: { Destination: OTHER } },
    });
    expect(await update({ MaximumRetryAttempts: 0 })).toMatchObject({
      MaximumEventAgeInSeconds: 60,
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnSuccess: { Destination: OTHER }, OnFailure: {} },
    });
    expect(await put(client, { MaximumRetryAttempts: 2 })).not.toHaveProperty(
      'MaximumEventAgeInSeconds',
    );
    expect(await update({ DestinationConfig: { OnFailure: {} } })).toMatchObject({
      MaximumRetryAttempts: 2,
      DestinationConfig: NO_DESTINATIONS,
    });
  });

  it('change neither the code nor the configuration of a function', async ({ expect }) => {
    const client = await useClient();
    const get = new GetFunctionConfigurationCommand({ FunctionName: 'hello' });
    const before = await client.send(get);
    await put(client, { MaximumRetryAttempts: 1 });
    const after = await client.send(get);
    expect(after.LastModified).toBe(before.LastModified);
    expect(after.LastUpdateStatus).toBe('Successful');
  });

  it.for([
    [
      'nothing is asked for',
      {},
      'You must specify at least one of error handling or destination setting.',
    ],
    [
      'a destination is no function that is there',
      { DestinationConfig: { OnSuccess: { Destination: `${ARN}-none` } } },
      `The destination ARN ${ARN}-none is invalid.`,
    ],
    [
      'the destination is the function itself',
      { DestinationConfig: { OnSuccess: { Destination: `${ARN}:live` } } },
      "You can't specify the function as a destination for itself.",
    ],
    [
      'a destination can be none',
      { DestinationConfig: { OnSuccess: { Destination: ARN.replace('lambda', 'iam') } } },
      `The provided destination config DestinationConfig(onSuccess=OnSuccess(destination=${ARN.replace('lambda', 'iam')}), onFailure=null) is invalid.`,
    ],
  ] as const)('are refused when %s', async ([, settings, message], { expect }) => {
    await expect(put(await useClient(), settings)).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message,
    });
  });

  it('are not found where there is no function, version or alias', async ({ expect }) => {
    const client = await useClient();
    const settings = { MaximumRetryAttempts: 1 };
    await expect(put(client, { Qualifier: 'none', ...settings })).rejects.toMatchObject(
      NO_FUNCTION,
    );
    const none = { FunctionName: 'none' };
    await expect(
      client.send(new UpdateFunctionEventInvokeConfigCommand({ ...none, ...settings })),
    ).rejects.toMatchObject(NO_FUNCTION);
    await expect(
      client.send(new ListFunctionEventInvokeConfigsCommand(none)),
    ).rejects.toMatchObject(NO_FUNCTION);
    const noConfig = noConfigOf(`${ARN.replace('hello', 'none')}:$LATEST`);
    await expect(client.send(new GetFunctionEventInvokeConfigCommand(none))).rejects.toMatchObject(
      noConfig,
    );
    await expect(
      client.send(new DeleteFunctionEventInvokeConfigCommand(none)),
    ).rejects.toMatchObject(noConfig);
  });
});
