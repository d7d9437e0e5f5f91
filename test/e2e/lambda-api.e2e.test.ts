import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetFunctionCommand,
  InvokeCommand,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { zipInline } from '@mayfly/code';
import { describe, it, onTestFinished } from 'vitest';
import { useLambdaClient } from '../helpers/lambda-client.ts';
import { runAwsScript } from '../helpers/python-clients.ts';
import { readReadmeSession, SESSION_ANSWERS } from '../helpers/readme-session.ts';
import {
  explainFailure,
  gatewayUrl,
  getFunction,
  getPods,
  SYSTEM_NAMESPACE,
  uniqueName,
} from './helpers/cluster.ts';

const SETTINGS = {
  Role: 'arn:aws:iam::000000000000:role/any',
  Runtime: 'nodejs24.x',
  Handler: 'index.handler',
} as const;
const ROUNDS = 5;

function aZip(answer: string): Promise<Uint8Array> {
  const source = `exports.handler = async () => ${JSON.stringify(answer)};`;
  return zipInline({ runtime: 'nodejs24.x', handler: 'index.handler', source });
}

/** A client of each gateway alone. */
function useReplicas(): readonly LambdaClient[] {
  const pods = getPods('app.kubernetes.io/component=gateway', SYSTEM_NAMESPACE);
  return pods
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ status }) => useLambdaClient(`http://${status.podIP ?? ''}:8080`));
}

async function call(client: LambdaClient, FunctionName: string): Promise<unknown> {
  const { Payload } = await client.send(new InvokeCommand({ FunctionName }));
  return JSON.parse(Payload?.transformToString() ?? 'null') as unknown;
}

describe('the Lambda API of a cluster', () => {
  it('does what the README prints', { timeout: 300_000 }, async ({ expect }) => {
    explainFailure();
    const directory = mkdtempSync(path.join(tmpdir(), 'mayfly-session-'));
    onTestFinished(() => {
      rmSync(directory, { recursive: true });
    });
    const script = readReadmeSession(gatewayUrl());
    const { exitCode, stdout, stderr } = await runAwsScript(script, { directory });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout.match(/"?(?:Hi|Hello) \w+!"?/g)).toEqual(SESSION_ANSWERS);
  });

  it('is read at every gateway as it was written at another', async ({ expect }) => {
    explainFailure();
    const replicas = useReplicas();
    expect(replicas.length).toBe(3);
    for (let round = 0; round < ROUNDS; round += 1) {
      const [writer, ...others] = replicas.map(
        (_, index) => replicas[(index + round) % replicas.length],
      );
      if (writer === undefined) throw new Error('there is no gateway');
      const readers = others.filter((client) => client !== undefined);
      const FunctionName = uniqueName('consistent');
      const create = { ...SETTINGS, FunctionName, Code: { ZipFile: await aZip('one') } };
      await writer.send(new CreateFunctionCommand(create));
      expect(getFunction(FunctionName).status?.state).toBe('Active');
      const answers = await Promise.all(readers.map((client) => call(client, FunctionName)));
      expect(answers).toEqual(['one', 'one']);

      await writer.send(new PublishVersionCommand({ FunctionName }));
      const alias = { FunctionName, Name: 'live' };
      await writer.send(new CreateAliasCommand({ ...alias, FunctionVersion: '1' }));
      const live = `${FunctionName}:live`;
      expect(await Promise.all(readers.map((client) => call(client, live)))).toEqual([
        'one',
        'one',
      ]);
      const update = { FunctionName, ZipFile: await aZip('two'), Publish: true };
      const { CodeSha256 } = await writer.send(new UpdateFunctionCodeCommand(update));
      for (const client of readers) {
        const { Configuration } = await client.send(new GetFunctionCommand({ FunctionName }));
        expect(Configuration).toMatchObject({ CodeSha256, LastUpdateStatus: 'Successful' });
      }
      await writer.send(new UpdateAliasCommand({ ...alias, FunctionVersion: '2' }));
      expect(await Promise.all(readers.map((client) => call(client, live)))).toEqual([
        'two',
        'two',
      ]);

      await writer.send(new DeleteFunctionCommand({ FunctionName }));
      for (const client of readers) {
        const gone = { name: 'ResourceNotFoundException' };
        await expect(call(client, FunctionName)).rejects.toMatchObject(gone);
        await expect(client.send(new GetFunctionCommand({ FunctionName }))).rejects.toMatchObject(
          gone,
        );
      }
    }
  });
});
