import { createHash, randomBytes } from 'node:crypto';
import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetFunctionCommand,
  InvokeCommand,
  waitUntilFunctionActiveV2,
} from '@aws-sdk/client-lambda';
import { makeRawZip } from '@mayfly/code/testing';
import { describe, it, onTestFinished } from 'vitest';
import { useLambdaClient } from '../helpers/lambda-client.ts';
import { gatewayUrl, uniqueName } from './helpers/cluster.ts';

const MEGABYTE = 1024 * 1024;
const ROLE = 'arn:aws:iam::000000000000:role/any';

describe('an archive that comes through the Lambda API', () => {
  it('is run, and given back as it came', { timeout: 180_000 }, async ({ expect }) => {
    const archive = makeRawZip([
      { name: 'index.js', content: 'exports.handler = async () => "uploaded"' },
      { name: 'data', content: randomBytes(45 * MEGABYTE) },
    ]);
    const client = useLambdaClient(gatewayUrl());
    const FunctionName = uniqueName('uploaded');
    const created = await client.send(
      new CreateFunctionCommand({
        FunctionName,
        Role: ROLE,
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        Code: { ZipFile: archive },
      }),
    );
    onTestFinished(async () => {
      await client.send(new DeleteFunctionCommand({ FunctionName }));
    });
    const codeSha256 = createHash('sha256').update(archive).digest('base64');
    expect(created).toMatchObject({ CodeSha256: codeSha256, CodeSize: archive.length });
    await waitUntilFunctionActiveV2({ client, maxWaitTime: 60, minDelay: 1 }, { FunctionName });
    const { Payload } = await client.send(new InvokeCommand({ FunctionName }));
    expect(Payload?.transformToString()).toBe('"uploaded"');

    const { Code } = await client.send(new GetFunctionCommand({ FunctionName }));
    const answer = await fetch(Code?.Location ?? '');
    expect(answer.status).toBe(200);
    const given = await answer.bytes();
    expect(createHash('sha256').update(given).digest('base64')).toBe(codeSha256);
  });
});
