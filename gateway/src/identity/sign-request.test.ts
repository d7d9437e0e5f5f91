import fc from 'fast-check';
import { describe, it } from 'vitest';
import { signRequest } from './sign-request.ts';
import { aContext, KEY, SIGNED_AT_MS } from './testing/signed-by-aws.ts';
import { verifySignature } from './verify-signature.ts';

const TERMS = { ...KEY, region: 'us-east-1', nowMs: SIGNED_AT_MS } as const;
const BASE = 'http://127.0.0.1:8080';

describe('signRequest', () => {
  it('signs what is found right', ({ expect }) => {
    const segment = fc.stringMatching(/^[\w-]{1,20}$/);
    fc.assert(
      fc.property(segment, fc.string(), fc.uint8Array(), (name, qualifier, body) => {
        const url = new URL(`/2015-03-31/functions/${name}/invocations`, BASE);
        url.searchParams.set('Qualifier', qualifier);
        const request = {
          method: 'POST',
          url: url.href,
          headers: { 'x-amz-log-type': 'Tail' },
          body,
        };
        const headers = signRequest(request, TERMS);
        const verified = verifySignature(
          {
            method: 'POST',
            url: url.pathname + url.search,
            rawHeaders: Object.entries({ ...headers, host: url.host }).flat(),
            body,
          },
          aContext(),
        );
        expect(verified.accessKeyId).toBe(KEY.accessKeyId);
      }),
    );
  });
});
