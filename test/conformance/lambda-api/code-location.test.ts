import { createHash } from 'node:crypto';
import { GetFunctionCommand } from '@aws-sdk/client-lambda';
import { describe, it } from 'vitest';
import { useLambdaClient } from '../../helpers/lambda-client.ts';
import { aNodeFunction, usePlatform } from '../../helpers/platform.ts';

const HELLO = aNodeFunction('hello', 'exports.handler = async () => 1;');

describe('Code.Location of GetFunction', () => {
  it('gives the archive that the function runs', async ({ expect }) => {
    const { gatewayUrl } = await usePlatform({ functions: [HELLO] });
    const client = useLambdaClient(gatewayUrl);
    const { Code, Configuration } = await client.send(
      new GetFunctionCommand({ FunctionName: 'hello' }),
    );
    expect(Code).toMatchObject({ RepositoryType: 'S3' });
    const answer = await fetch(Code?.Location ?? '');
    const archive = await answer.bytes();
    expect(answer.headers.get('content-type')).toBe('application/zip');
    expect(archive).toHaveLength(Configuration?.CodeSize ?? 0);
    expect(createHash('sha256').update(archive).digest('base64')).toBe(Configuration?.CodeSha256);
  });
});
