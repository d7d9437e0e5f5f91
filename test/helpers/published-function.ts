import { PublishVersionCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { eventually } from '@mayfly/testkit';
import { useLambdaClient } from './lambda-client.ts';
import { aNodeFunction, usePlatform, type Platform } from './platform.ts';

/** A platform with the function `hello`, and a client of its API. */
export interface PublishedFunction {
  readonly platform: Platform;
  readonly client: LambdaClient;
  /** Changes what the function answers, by its manifest. */
  change(answer: number): Promise<void>;
  /** Publishes what it is. */
  publish(): Promise<string | undefined>;
}

/** The function answers 1. Versions are published of it until its version `n` answers `n`. */
export async function usePublishedFunction(versions = 0): Promise<PublishedFunction> {
  const platform = await usePlatform({ functions: [hello(1)] });
  const client = useLambdaClient(platform.gatewayUrl);
  const published: PublishedFunction = {
    platform,
    client,
    change: async (answer) => {
      const shaOf = async (): Promise<string | undefined> =>
        (await platform.settled('hello')).status?.codeSha256;
      const before = await shaOf();
      platform.apply(hello(answer));
      await eventually(async () => {
        if ((await shaOf()) === before) throw new Error('the code is the same as before');
      });
    },
    publish: async () => {
      const { Version } = await client.send(new PublishVersionCommand({ FunctionName: 'hello' }));
      return Version;
    },
  };
  for (let number = 1; number <= versions; number += 1) {
    if (number > 1) await published.change(number);
    await published.publish();
  }
  return published;
}

function hello(answer: number): ReturnType<typeof aNodeFunction> {
  return aNodeFunction('hello', `exports.handler = async () => ${answer.toString()};`, {
    description: `answers ${answer.toString()}`,
  });
}
