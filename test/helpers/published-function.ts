import {
  CreateFunctionCommand,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { zipInline } from '@mayfly/code';
import { useLambdaClient } from './lambda-client.ts';
import { usePlatform, type Platform } from './platform.ts';

/** A platform with the function `hello`, and a client of its API. */
export interface PublishedFunction {
  readonly platform: Platform;
  readonly client: LambdaClient;
  /** Changes what the function answers. */
  change(answer: number): Promise<void>;
}

const HELLO = { FunctionName: 'hello' };
const SOONEST = { maxWaitTime: 30, minDelay: 1, maxDelay: 1 };

/** The function is made by the API and answers 1. Versions are published of it: version `n` answers `n`. */
export async function usePublishedFunction(
  versions = 0,
  env: Readonly<Record<string, string>> = {},
): Promise<PublishedFunction> {
  const platform = await usePlatform({ env });
  const client = useLambdaClient(platform.gatewayUrl);
  await client.send(
    new CreateFunctionCommand({
      ...HELLO,
      Role: 'arn:aws:iam::000000000000:role/lambda',
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Description: 'answers a number',
      Code: { ZipFile: await aZip(1) },
    }),
  );
  await waitUntilFunctionActiveV2({ client, ...SOONEST }, HELLO);
  const change = async (answer: number): Promise<void> => {
    const ZipFile = await aZip(answer);
    await client.send(new UpdateFunctionCodeCommand({ ...HELLO, ZipFile }));
    await waitUntilFunctionUpdatedV2({ client, ...SOONEST }, HELLO);
  };
  for (let number = 1; number <= versions; number += 1) {
    if (number > 1) await change(number);
    await client.send(new PublishVersionCommand(HELLO));
  }
  return { platform, client, change };
}

function aZip(answer: number): Promise<Uint8Array> {
  const source = `exports.handler = async () => ${answer.toString()};`;
  return zipInline({ runtime: 'nodejs24.x', handler: 'index.handler', source });
}
