import { describe, it } from 'vitest';
import type { SignedRequest } from './signed-request.ts';
import { aContext, KEY, PRINCIPAL, SIGNED_AT_MS, signByAws } from './testing/signed-by-aws.ts';
import { verifyHead, verifySignature, type VerifierContext } from './verify-signature.ts';

const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';
const MINUTE_MS = 60_000;

function without(request: SignedRequest, name: string): SignedRequest {
  return {
    ...request,
    rawHeaders: pairs(request)
      .filter(([each]) => each !== name)
      .flat(),
  };
}

function withHeader(request: SignedRequest, name: string, value: string): SignedRequest {
  return { ...request, rawHeaders: [...without(request, name).rawHeaders, name, value] };
}

function pairs({ rawHeaders }: SignedRequest): (readonly [string, string])[] {
  return rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? ''] as const] : [],
  );
}

function authorizationOf(request: SignedRequest): string {
  return pairs(request).find(([name]) => name === 'authorization')?.[1] ?? '';
}

function refusal(request: SignedRequest, context?: Partial<VerifierContext>): string {
  try {
    verifySignature(request, aContext(context));
    return 'verified';
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return `${code}: ${message}`;
  }
}

function refusalOfClaim(
  request: SignedRequest,
  replace: readonly [string | RegExp, string],
): string {
  const header = authorizationOf(request).replace(...replace);
  return refusal(withHeader(request, 'authorization', header));
}

describe('a signature', () => {
  it('proves who calls', async ({ expect }) => {
    const request = await signByAws({ method: 'POST', path: '/2015-03-31/functions', body: '{}' });
    expect(verifySignature(request, aContext())).toEqual({
      accessKeyId: KEY.accessKeyId,
      principal: PRINCIPAL,
    });
  });

  it('covers an ARN in the path as it is sent', async ({ expect }) => {
    const arn = encodeURIComponent('arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST');
    const request = await signByAws({ path: `/2015-03-31/functions/${arn}` });
    expect(refusal(request)).toBe('verified');
    const decoded = { ...request, url: decodeURIComponent(request.url) };
    expect(refusal(decoded)).toBe(`InvalidSignatureException: ${MISMATCH}`);
  });

  it('covers a path with dots in no other reading', async ({ expect }) => {
    const request = await signByAws({ path: '/url/default/mine' });
    const other = { ...request, url: '/url/default/theirs/../mine' };
    expect(refusal(other)).toBe(`InvalidSignatureException: ${MISMATCH}`);
  });

  it('may have its date from the header Date, as HTTP writes it', async ({ expect }) => {
    const request = await signByAws();
    const unsigned = authorizationOf(request).replace('x-amz-date', 'date');
    const dated = withHeader(
      withHeader(without(request, 'x-amz-date'), 'date', 'Fri, 02 Jan 2026 03:04:05 GMT'),
      'authorization',
      unsigned,
    );
    // The date was understood: what is wrong is the signature, made over another header.
    expect(refusal(dated)).toBe(`InvalidSignatureException: ${MISMATCH}`);
  });

  it('of another secret does not match', async ({ expect }) => {
    const accessKeys = { find: () => ({ secretAccessKey: 'other', principal: PRINCIPAL }) };
    expect(refusal(await signByAws(), { accessKeys })).toBe(
      `InvalidSignatureException: ${MISMATCH}`,
    );
  });
});

describe('the head of a request', () => {
  it('proves who calls where it says the hash of the body', async ({ expect }) => {
    const request = await signByAws({ method: 'POST', body: '{}' });
    const confirm = verifyHead(request, aContext());
    expect(confirm(request.body).principal).toEqual(PRINCIPAL);
    expect(() => confirm(Buffer.from('[]'))).toThrow(MISMATCH);
    const other = { ...request, method: 'PUT' };
    expect(() => verifyHead(other, aContext())).toThrow(MISMATCH);
  });

  it('proves nothing where it does not, until the body is there', async ({ expect }) => {
    const request = await signByAws({ method: 'POST', body: '{}' }, { presignedForSeconds: 60 });
    const confirm = verifyHead(request, aContext());
    expect(confirm(request.body).principal).toEqual(PRINCIPAL);
    expect(() => confirm(Buffer.from('[]'))).toThrow(MISMATCH);
    const other = { ...request, method: 'PUT' };
    expect(() => verifyHead(other, aContext())(request.body)).toThrow(MISMATCH);
  });
});

describe('an access key that signed before', () => {
  const DAY_MS = 86_400_000;

  it('is good for other scopes too', async ({ expect }) => {
    const here = await signByAws();
    const there = await signByAws({}, { region: 'eu-west-1' });
    for (const each of [here, there, here]) {
      const region = each === there ? 'eu-west-1' : 'us-east-1';
      expect(refusal(each, { region })).toBe('verified');
    }
    expect(refusal(here, { nowMs: SIGNED_AT_MS + DAY_MS })).toContain('Signature expired');
  });
});

describe('a request without a complete signature', () => {
  it('has no credentials', ({ expect }) => {
    const request = { method: 'GET', url: '/', rawHeaders: ['host', 'h'], body: new Uint8Array() };
    expect(refusal(request)).toBe(
      'MissingAuthenticationTokenException: Missing Authentication Token',
    );
  });

  it('is told all that is missing, and not what it sent', ({ expect }) => {
    const rawHeaders = ['host', 'h', 'authorization', 'AWS4-HMAC-SHA256'];
    const request = { method: 'GET', url: '/', rawHeaders, body: new Uint8Array() };
    expect(refusal(request)).toBe(
      "IncompleteSignatureException: Authorization header requires 'Credential' parameter. " +
        "Authorization header requires 'Signature' parameter. " +
        "Authorization header requires 'SignedHeaders' parameter. " +
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. " +
        '(Hashed with SHA-256 and encoded with Base64) Authorization=YI2YWea8FSxnksZL2ETHbs5elHm9HQufxTLK0W0ffV0=',
    );
    const bearer = { ...request, rawHeaders: ['host', 'h', 'authorization', 'Bearer top-secret'] };
    expect(refusal(bearer)).toMatch(/^IncompleteSignatureException: Invalid key=value pair/);
    expect(refusal(bearer)).not.toContain('top-secret');
  });

  it('is told the parameters of the query that are missing', ({ expect }) => {
    const url = '/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260102T030405Z';
    expect(refusal({ method: 'GET', url, rawHeaders: ['host', 'h'], body: new Uint8Array() })).toBe(
      "IncompleteSignatureException: AWS query-string parameters must include 'X-Amz-Credential'. " +
        "AWS query-string parameters must include 'X-Amz-Signature'. " +
        "AWS query-string parameters must include 'X-Amz-SignedHeaders'. " +
        'Re-examine the query-string parameters.',
    );
  });

  it('may not have two', async ({ expect }) => {
    const presigned = await signByAws({}, { presignedForSeconds: 60 });
    expect(refusal(withHeader(presigned, 'authorization', 'x'))).toBe(
      "InvalidSignatureException: Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    );
  });

  it.for([
    [
      /^\S+/,
      'AWS4-HMAC-SHA512',
      "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA512' (only AWS4-HMAC-SHA256 for now). ",
    ],
    [
      '/aws4_request',
      '',
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${KEY.accessKeyId}/20260102/us-east-1/lambda'`,
    ],
  ] as const)('is told what cannot be read: %s to %j', async ([from, to, message], { expect }) => {
    expect(refusalOfClaim(await signByAws(), [from, to])).toBe(
      `IncompleteSignatureException: ${message}`,
    );
  });

  it('needs a date that can be read', async ({ expect }) => {
    const request = withHeader(await signByAws(), 'x-amz-date', '2026-01-02');
    expect(refusal(request)).toBe(
      "IncompleteSignatureException: Date must be in ISO-8601 'basic format'. Got '2026-01-02'. See http://en.wikipedia.org/wiki/ISO_8601",
    );
  });
});

describe('the scope of a credential', () => {
  it('must be this region and this service', async ({ expect }) => {
    const elsewhere = await signByAws({}, { region: 'eu-west-1', service: 's3' });
    expect(refusal(elsewhere)).toBe(
      'InvalidSignatureException: Credential should be scoped to a valid region. ' +
        "Credential should be scoped to correct service: 'lambda'. ",
    );
  });

  it('must end as AWS has it, and have the date of the request', async ({ expect }) => {
    const request = await signByAws();
    expect(refusalOfClaim(request, [/20260102(.*)aws4_request/, '20260103$1aws5_request'])).toBe(
      "InvalidSignatureException: Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'. " +
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20260103' != '20260102', from '20260102T030405Z'. ",
    );
  });
});

describe('the time of a request', () => {
  it.for([
    ['5 minutes old', 5 * MINUTE_MS, 'verified'],
    [
      'older',
      5 * MINUTE_MS + 1000,
      'InvalidSignatureException: Signature expired: 20260102T030405Z is now earlier than 20260102T030406Z (20260102T030906Z - 5 min.)',
    ],
    ['5 minutes ahead', -5 * MINUTE_MS, 'verified'],
    [
      'further ahead',
      -5 * MINUTE_MS - 1000,
      'InvalidSignatureException: Signature not yet current: 20260102T030405Z is still later than 20260102T030404Z (20260102T025904Z + 5 min.)',
    ],
  ] as const)('may be 5 minutes away: %s', async ([, laterMs, answer], { expect }) => {
    expect(refusal(await signByAws(), { nowMs: SIGNED_AT_MS + laterMs })).toBe(answer);
  });

  it('of a presigned one is as long as it says', async ({ expect }) => {
    const request = await signByAws({}, { presignedForSeconds: 3600 });
    expect(refusal(request, { nowMs: SIGNED_AT_MS + 60 * MINUTE_MS })).toBe('verified');
    expect(refusal(request, { nowMs: SIGNED_AT_MS + 61 * MINUTE_MS })).toBe(
      'InvalidSignatureException: Signature expired: 20260102T030405Z is now earlier than 20260102T030505Z (20260102T040505Z - 60 min.)',
    );
    const short = await signByAws({}, { presignedForSeconds: 90 });
    expect(refusal(short, { nowMs: SIGNED_AT_MS + 2 * MINUTE_MS })).toContain('- 90 sec.)');
  });

  it.for([
    [
      '604801',
      'X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds',
    ],
    ['-1', 'X-Amz-Expires should be a number'],
    ['', 'X-Amz-Expires should be a number'],
  ] as const)('of a presigned one cannot be %j', async ([expires, message], { expect }) => {
    const request = await signByAws({}, { presignedForSeconds: 60 });
    const url = request.url.replace('X-Amz-Expires=60', `X-Amz-Expires=${expires}`);
    expect(refusal({ ...request, url })).toBe(`IncompleteSignatureException: ${message}`);
  });
});

describe('what a signature covers', () => {
  it('is the host, always', async ({ expect }) => {
    expect(refusalOfClaim(await signByAws(), ['host;', ''])).toBe(
      "InvalidSignatureException: 'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    );
  });

  it('is every header of AWS that came', async ({ expect }) => {
    const request = withHeader(await signByAws(), 'X-Amz-Invocation-Type', 'Event');
    expect(refusal(request)).toBe(
      "InvalidSignatureException: 'x-amz-invocation-type' must be a 'SignedHeader' in the AWS Authorization.",
    );
  });

  it('is not what is not there', async ({ expect }) => {
    const request = await signByAws({ headers: { 'content-type': '' } });
    expect(refusal(request)).toBe('verified');
    expect(refusal(without(request, 'content-type'))).toBe(
      `InvalidSignatureException: ${MISMATCH}`,
    );
  });

  it('is the body, whatever its hash is said to be', async ({ expect }) => {
    const request = await signByAws({ method: 'POST', body: '{}' });
    expect(refusal({ ...request, body: Buffer.from('[]') })).toBe(
      `InvalidSignatureException: ${MISMATCH}`,
    );
  });

  it.for([
    'UNSIGNED-PAYLOAD',
    'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
  ])('is never a body by way of %s', async (hash, { expect }) => {
    const request = await signByAws({
      method: 'POST',
      body: '{}',
      headers: { 'x-amz-content-sha256': hash },
    });
    expect(refusal(request)).toBe(
      `InvalidSignatureException: '${hash}' is not supported: 'x-amz-content-sha256' must be the SHA-256 of the body.`,
    );
  });
});

describe('an access key', () => {
  const UNKNOWN =
    'UnrecognizedClientException: The security token included in the request is invalid.';

  it('must be known', async ({ expect }) => {
    expect(refusal(await signByAws(), { accessKeys: { find: () => undefined } })).toBe(UNKNOWN);
  });

  const temporary = (expiresAtMs: number): Partial<VerifierContext> => ({
    accessKeys: {
      find: () => ({
        secretAccessKey: KEY.secretAccessKey,
        principal: PRINCIPAL,
        sessionToken: 'token',
        expiresAtMs,
      }),
    },
  });
  const later = temporary(SIGNED_AT_MS + 1);

  it.for([{}, { presignedForSeconds: 60 }])(
    'that is temporary needs its token: %j',
    async (form, { expect }) => {
      expect(refusal(await signByAws({}, { ...form, sessionToken: 'token' }), later)).toBe(
        'verified',
      );
      expect(refusal(await signByAws({}, { ...form, sessionToken: 'nekot' }), later)).toBe(UNKNOWN);
      expect(refusal(await signByAws({}, form), later)).toBe(UNKNOWN);
      expect(refusal(await signByAws({}, { ...form, sessionToken: 'token' }))).toBe(UNKNOWN);
    },
  );

  it('that is temporary ends', async ({ expect }) => {
    const request = await signByAws({}, { sessionToken: 'token' });
    expect(refusal(request, temporary(SIGNED_AT_MS))).toBe(
      'ExpiredTokenException: The security token included in the request is expired',
    );
  });
});
