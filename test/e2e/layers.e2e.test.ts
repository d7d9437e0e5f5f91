import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  DeleteLayerVersionCommand,
  GetFunctionCommand,
  InvokeCommand,
  PublishLayerVersionCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { makeRawZip } from '@mayfly/code/testing';
import { describe, it, onTestFinished } from 'vitest';
import { useLambdaClient } from '../helpers/lambda-client.ts';
import { gatewayUrl, uniqueName } from './helpers/cluster.ts';

const ROLE = 'arn:aws:iam::000000000000:role/any';
const BODY = `
const { readdirSync } = require('node:fs');
exports.handler = async () => [require('who'), readdirSync('/opt/nodejs/node_modules')];
`;

/** A layer with one more module than `who`; deleted when the test is over, unless it is already. */
async function publish(client: LambdaClient, who: string): Promise<string> {
  const LayerName = uniqueName(who);
  const content = `module.exports = ${JSON.stringify(who)};`;
  const modules = ['who', who].map((name) => ({
    name: `nodejs/node_modules/${name}/index.js`,
    content,
  }));
  const published = await client.send(
    new PublishLayerVersionCommand({ LayerName, Content: { ZipFile: makeRawZip(modules) } }),
  );
  const VersionNumber = published.Version ?? 0;
  onTestFinished(async () => {
    await client.send(new DeleteLayerVersionCommand({ LayerName, VersionNumber }));
  });
  return published.LayerVersionArn ?? '';
}

describe('layers', () => {
  it(
    'are at /opt, in their order, also when they are deleted',
    { timeout: 180_000 },
    async ({ expect }) => {
      const client = useLambdaClient(gatewayUrl());
      const FunctionName = uniqueName('layered');
      const [first, second] = [await publish(client, 'first'), await publish(client, 'second')];
      const call = async (): Promise<unknown> => {
        const { Payload } = await client.send(new InvokeCommand({ FunctionName }));
        return JSON.parse(Payload?.transformToString() ?? 'null');
      };
      const isUpdated = { client, maxWaitTime: 60, minDelay: 1 };
      await client.send(
        new CreateFunctionCommand({
          FunctionName,
          Role: ROLE,
          Runtime: 'nodejs24.x',
          Handler: 'index.handler',
          Code: { ZipFile: makeRawZip([{ name: 'index.js', content: BODY }]) },
          Layers: [first, second],
        }),
      );
      onTestFinished(async () => {
        await client.send(new DeleteFunctionCommand({ FunctionName }));
      });
      await waitUntilFunctionActiveV2(isUpdated, { FunctionName });
      expect(await call()).toEqual(['second', ['first', 'second', 'who']]);

      const [, LayerName = '', version] = /layer:([^:]+):(\d+)$/.exec(second) ?? [];
      await client.send(
        new DeleteLayerVersionCommand({ LayerName, VersionNumber: Number(version) }),
      );
      const Timeout = 7;
      await client.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout }));
      await waitUntilFunctionUpdatedV2(isUpdated, { FunctionName });
      const { Configuration } = await client.send(new GetFunctionCommand({ FunctionName }));
      expect(Configuration?.LastUpdateStatus).toBe('Successful');
      expect(Configuration?.Layers?.map(({ Arn }) => Arn)).toEqual([first, second]);
      expect(await call()).toEqual(['second', ['first', 'second', 'who']]);
    },
  );
});
