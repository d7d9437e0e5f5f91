import {
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  ListFunctionsCommand,
} from '@aws-sdk/client-lambda';
import { describe, it } from 'vitest';
import { useLambdaClient } from '../../helpers/lambda-client.ts';
import { aNodeFunction, usePlatform } from '../../helpers/platform.ts';

const HELLO = aNodeFunction('hello', 'exports.handler = async () => 1;', { description: 'greets' });
const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:hello';

describe('functions of manifests in the Lambda API', () => {
  it('are answered with their configuration, and listed', async ({ expect }) => {
    const { gatewayUrl } = await usePlatform({ functions: [HELLO] });
    const client = useLambdaClient(gatewayUrl);

    const { Configuration } = await client.send(new GetFunctionCommand({ FunctionName: ARN }));
    expect(Configuration).toMatchObject({
      FunctionName: 'hello',
      FunctionArn: ARN,
      Description: 'greets',
      State: 'Active',
      LastUpdateStatus: 'Successful',
      Version: '$LATEST',
      LoggingConfig: { LogFormat: 'Text', LogGroup: '/aws/lambda/hello' },
    });
    const alone = await client.send(
      new GetFunctionConfigurationCommand({ FunctionName: 'hello', Qualifier: '$LATEST' }),
    );
    expect(alone.FunctionArn).toBe(`${ARN}:$LATEST`);
    const { Functions } = await client.send(new ListFunctionsCommand({}));
    expect(Functions?.map(({ FunctionName }) => FunctionName)).toEqual(['hello']);

    await expect(
      client.send(new GetFunctionCommand({ FunctionName: 'nobody' })),
    ).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: `Function not found: ${ARN.replace('hello', 'nobody')}`,
      $metadata: { httpStatusCode: 404 },
    });
  });
});
