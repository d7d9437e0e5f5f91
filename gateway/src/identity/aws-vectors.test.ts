import { describe, it } from 'vitest';
import { aContext, KEY, PRINCIPAL } from './testing/signed-by-aws.ts';
import { verifySignature } from './verify-signature.ts';

const context = aContext({ service: 'service', nowMs: Date.UTC(2015, 7, 30, 12, 36, 0) });
const HOST = ['Host', 'example.amazonaws.com'] as const;
const DATE = ['X-Amz-Date', '20150830T123600Z'] as const;
const FORM = ['Content-Type', 'application/x-www-form-urlencoded'] as const;

function authorization(signedHeaders: string, signature: string, service = 'service'): string {
  const scope = `20150830/us-east-1/${service}/aws4_request`;
  return `AWS4-HMAC-SHA256 Credential=${KEY.accessKeyId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
}

// From the test suite that AWS publishes for Signature Version 4: name, method, URL, more headers, signature.
describe('a request of the test suite of AWS', () => {
  it.for([
    [
      'get-vanilla',
      'GET',
      '/',
      [],
      '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    ],
    [
      'get-vanilla-query-order-key-case',
      'GET',
      '/?Param2=value2&Param1=value1',
      [],
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    [
      'get-utf8',
      'GET',
      Buffer.from('/ሴ').toString('latin1'),
      [],
      '8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85',
    ],
    [
      'get-slashes',
      'GET',
      '//example//',
      [],
      '9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84',
    ],
    [
      'get-header-key-duplicate',
      'GET',
      '/',
      ['My-Header1', 'value2', 'My-Header1', 'value2', 'My-Header1', 'value1'],
      'c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea',
    ],
    [
      'get-header-value-trim',
      'GET',
      '/',
      ['My-Header1', ' value1', 'My-Header2', ' "a   b   c"'],
      'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
    ],
    [
      'post-vanilla',
      'POST',
      '/',
      [],
      '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
    ],
  ] as const)('verifies: %s', ([, method, url, more, signature], { expect }) => {
    const names = ['host', 'x-amz-date', ...more.filter((_, index) => index % 2 === 0)];
    const signedHeaders = [...new Set(names.map((name) => name.toLowerCase()))].sort().join(';');
    const rawHeaders = [
      ...HOST,
      ...more,
      ...DATE,
      'Authorization',
      authorization(signedHeaders, signature),
    ];
    const verified = verifySignature({ method, url, rawHeaders, body: new Uint8Array() }, context);
    expect(verified).toEqual({ accessKeyId: KEY.accessKeyId, principal: PRINCIPAL });
  });

  it('verifies: post-x-www-form-urlencoded', ({ expect }) => {
    const signature = 'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a';
    const header = authorization('content-type;host;x-amz-date', signature);
    const rawHeaders = [...FORM, ...HOST, ...DATE, 'Authorization', header];
    const body = Buffer.from('Param1=value1');
    const verified = verifySignature({ method: 'POST', url: '/', rawHeaders, body }, context);
    expect(verified.principal).toEqual(PRINCIPAL);
  });

  it('verifies: the call of IAM in the documentation', ({ expect }) => {
    const signature = '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7';
    const header = authorization('content-type;host;x-amz-date', signature, 'iam');
    const rawHeaders = [
      'Content-Type',
      'application/x-www-form-urlencoded; charset=utf-8',
      'Host',
      'iam.amazonaws.com',
      ...DATE,
      'Authorization',
      header,
    ];
    const url = '/?Action=ListUsers&Version=2010-05-08';
    const verified = verifySignature(
      { method: 'GET', url, rawHeaders, body: new Uint8Array() },
      { ...context, service: 'iam' },
    );
    expect(verified.principal).toEqual(PRINCIPAL);
  });
});
