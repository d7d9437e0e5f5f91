import { describe, it } from 'vitest';
import { useHttpServer } from '../testing/use-platform.ts';
import { invokeFunction } from './invoke-call.ts';

const CALL = {
  functionName: 'hello',
  qualifier: 'live',
  payload: Buffer.from('{}'),
  isTailed: false,
  isDryRun: false,
};
const SIGNING = { accessKeyId: 'AKIALOCAL', secretAccessKey: 'secret', region: 'us-east-1' };

describe('a call of a function', () => {
  it('is signed where the platform wants it', async ({ expect }) => {
    const seen: (string | undefined)[] = [];
    const gatewayUrl = await useHttpServer((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(200).end('1');
    });
    await invokeFunction({ gatewayUrl }, CALL);
    await invokeFunction({ gatewayUrl, signing: SIGNING }, CALL);
    expect(seen).toEqual([
      undefined,
      expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=AKIALOCAL\/\d{8}\/us-east-1\/lambda\/aws4_request, SignedHeaders=[^,]*host[^,]*x-amz-date[^,]*, Signature=[0-9a-f]{64}$/,
      ),
    ]);
  });
});
