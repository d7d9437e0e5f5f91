import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AccessKey } from '../access-keys.ts';
import type { SignedRequest } from '../signed-request.ts';
import type { VerifierContext } from '../verify-signature.ts';

/** When all requests here are signed. */
export const SIGNED_AT_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

/** The key that signs. */
export const KEY = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
} as const;

/** Whose key it is. */
export const PRINCIPAL = {
  arn: 'arn:aws:iam::000000000000:user/alice',
  accountId: '000000000000',
  serviceAccount: undefined,
} as const;

const ACCESS_KEY: AccessKey = { secretAccessKey: KEY.secretAccessKey, principal: PRINCIPAL };

/** What a client is asked to send. */
export interface Draft {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string | string[]>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How it signs. */
export interface SigningOptions {
  readonly sessionToken?: string;
  /** Puts the signature into the query, for so many seconds. */
  readonly presignedForSeconds?: number;
  readonly region?: string;
  readonly service?: string;
}

/** SHA-256 as the signer wants it. */
class Sha256 {
  readonly #hash: { update(data: Uint8Array): unknown; digest(): Buffer };

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash =
      secret === undefined ? createHash('sha256') : createHmac('sha256', toBytes(secret));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(toBytes(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {
    throw new Error('a hash is used once');
  }
}

const EMPTY: Draft = { method: 'GET', path: '/', query: {}, headers: {}, body: '' };
const HOST = 'lambda.example.com';

/** A request that AWS's own library has signed, as it is on the wire. */
export async function signByAws(
  overrides: Partial<Draft> = {},
  options: SigningOptions = {},
): Promise<SignedRequest> {
  const draft = { ...EMPTY, ...overrides };
  const request = {
    ...draft,
    protocol: 'https:',
    hostname: HOST,
    query: { ...draft.query },
    headers: { host: HOST, ...draft.headers },
  };
  const signingDate = new Date(SIGNED_AT_MS);
  const { presignedForSeconds: expiresIn } = options;
  const signed = await (expiresIn === undefined
    ? makeSigner(options).sign(request, { signingDate })
    : makeSigner(options).presign(request, { signingDate, expiresIn }));
  return {
    method: draft.method,
    url: toUrl(draft.path, signed.query ?? {}),
    rawHeaders: Object.entries(signed.headers).flatMap(([name, value]) => [name, toLatin1(value)]),
    body: Buffer.from(draft.body),
  };
}

function makeSigner(options: SigningOptions): SignatureV4 {
  const { sessionToken, region = 'us-east-1', service = 'lambda' } = options;
  const credentials = sessionToken === undefined ? KEY : { ...KEY, sessionToken };
  return new SignatureV4({ credentials, region, service, sha256: Sha256 });
}

/** What a verifier knows that takes the key above. */
export function aContext(overrides: Partial<VerifierContext> = {}): VerifierContext {
  return {
    accessKeys: { find: (id) => (id === KEY.accessKeyId ? ACCESS_KEY : undefined) },
    region: 'us-east-1',
    service: 'lambda',
    nowMs: SIGNED_AT_MS,
    ...overrides,
  };
}

function toUrl(path: string, query: Readonly<Record<string, string | string[] | null>>): string {
  const parts = Object.entries(query).flatMap(([name, value]) =>
    [value ?? ''].flat().map((each) => `${encodeURIComponent(name)}=${encodeURIComponent(each)}`),
  );
  return parts.length === 0 ? path : `${path}?${parts.join('&')}`;
}

/** What Node would read of these bytes in a header. */
function toLatin1(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function toBytes(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  return data instanceof ArrayBuffer
    ? new Uint8Array(data)
    : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
