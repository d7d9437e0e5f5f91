import fc from 'fast-check';
import { describe, it } from 'vitest';
import type { SignedRequest } from './signed-request.ts';
import {
  aContext,
  PRINCIPAL,
  signByAws,
  type Draft,
  type SigningOptions,
} from './testing/signed-by-aws.ts';
import { verifySignature } from './verify-signature.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const segment = text
  .map((raw) => encodeURIComponent(raw))
  .filter((encoded) => encoded !== '.' && encoded !== '..');
const headerName = fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/).map((name) => `x-amz-meta-${name}`);
// The signer keeps parameters in an object, where `__proto__` is none.
const parameter = text.filter((name) => !/^(?:$|__proto__$|x-amz-)/i.test(name));

const draft: fc.Arbitrary<Draft> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
  path: fc.array(segment, { maxLength: 4 }).map((segments) => `/${segments.join('/')}`),
  query: fc.dictionary(parameter, fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 3 })), {
    maxKeys: 4,
    noNullPrototype: true,
  }),
  headers: fc.dictionary(headerName, text, { maxKeys: 3, noNullPrototype: true }),
  body: fc.string({ unit: 'grapheme', maxLength: 40 }),
});

const options: fc.Arbitrary<SigningOptions> = fc.oneof(
  fc.constant({}),
  fc.record({ presignedForSeconds: fc.integer({ min: 1, max: 604_800 }) }),
);

/** A place in the request, and a letter or digit that is put there instead. */
const change = fc.record({
  part: fc.constantFrom('method', 'url', 'header', 'body'),
  at: fc.nat(),
  to: fc.constantFrom('a', 'b', 'c', 'X', 'Y', 'Z', '0', '1', '9'),
});

function replaceAt(whole: string, at: number, to: string): string {
  const index = at % Math.max(whole.length, 1);
  return whole.slice(0, index) + to + whole.slice(index + 1);
}

type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function apply(request: SignedRequest, { part, at, to }: Change): SignedRequest {
  switch (part) {
    case 'method':
      return { ...request, method: replaceAt(request.method, at, to) };
    case 'url':
      return { ...request, url: replaceAt(request.url, at, to) };
    case 'header': {
      const index = at % request.rawHeaders.length;
      const rawHeaders = request.rawHeaders.map((each, where) =>
        where === index ? replaceAt(each, at, to) : each,
      );
      return { ...request, rawHeaders };
    }
    case 'body':
      return {
        ...request,
        body: Buffer.from(
          replaceAt(Buffer.from(request.body).toString('latin1'), at, to),
          'latin1',
        ),
      };
  }
}

/** What a request means: two spellings of it may have one signature. */
function meaningOf({ method, url, rawHeaders, body }: SignedRequest): string {
  const [path = '', query = ''] = url.split('?', 2);
  // The case of a header's name says nothing, nor does the case of the digits of an escape in the query.
  const parameters = query.replaceAll(/%[0-9a-f]{2}/gi, (escape) => escape.toUpperCase());
  const headers = rawHeaders.map((each, index) => (index % 2 === 0 ? each.toLowerCase() : each));
  return JSON.stringify([method, path, parameters, headers, Buffer.from(body).toString('hex')]);
}

function isRefused(request: SignedRequest): boolean {
  try {
    verifySignature(request, aContext());
    return false;
  } catch {
    return true;
  }
}

describe('a request that the library of AWS has signed', () => {
  it('is verified, whatever is in it', async ({ expect }) => {
    await fc.assert(
      fc.asyncProperty(draft, options, async (drafted, signing) => {
        const request = await signByAws(drafted, signing);
        expect(verifySignature(request, aContext()).principal).toEqual(PRINCIPAL);
      }),
      { numRuns: 300 },
    );
  });

  it('is refused when one byte of it is another', async ({ expect }) => {
    await fc.assert(
      fc.asyncProperty(draft, options, change, async (drafted, signing, changed) => {
        const request = await signByAws(drafted, signing);
        const other = apply(request, changed);
        fc.pre(meaningOf(other) !== meaningOf(request));
        expect(isRefused(other)).toBe(true);
      }),
      { numRuns: 600 },
    );
  });
});

describe('a request of any form', () => {
  it('is answered by an error of the API, never by another', ({ expect }) => {
    const header = fc.tuple(
      fc.constantFrom('Authorization', 'X-Amz-Date', 'Date', 'Host', 'X-Amz-Content-Sha256'),
      fc.oneof(
        fc.string(),
        fc.constantFrom(
          'AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=x',
          '20260102T030405Z',
          '99999999T999999Z',
        ),
      ),
    );
    fc.assert(
      fc.property(fc.string(), fc.array(header), (url, headers) => {
        const request = { method: 'GET', url, rawHeaders: headers.flat(), body: new Uint8Array() };
        expect(() => verifySignature(request, aContext())).toThrow(
          expect.objectContaining({ name: 'LambdaError' }),
        );
      }),
      { numRuns: 1000 },
    );
  });
});
