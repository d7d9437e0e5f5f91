import {
  createHash,
  createHmac,
  createSecretKey,
  timingSafeEqual,
  type KeyObject,
} from 'node:crypto';

/** The one algorithm that is served. */
export const SIGNATURE_ALGORITHM = 'AWS4-HMAC-SHA256';

/** Last element of every credential scope. */
export const SCOPE_TERMINATOR = 'aws4_request';

/** What a signing key is good for. */
export interface CredentialScope {
  /** `YYYYMMDD`. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

/** What is signed. */
export interface Signable {
  readonly scope: CredentialScope;
  /** `YYYYMMDDTHHMMSSZ`. */
  readonly timestamp: string;
  /** One character for each byte. */
  readonly canonicalRequest: string;
}

/** What signing keys are made of. */
export interface SigningSecret {
  readonly secretAccessKey: string;
}

/** The last signing key of each secret: it is good for a day, and four times as much work as the signature. */
const signingKeys = new WeakMap<
  SigningSecret,
  { readonly scope: string; readonly key: KeyObject }
>();

/** The signature of a request, in hexadecimal. */
export function computeSignature(secret: SigningSecret, signable: Signable): string {
  const { date, region, service } = signable.scope;
  const scope = [date, region, service, SCOPE_TERMINATOR].join('/');
  const text = [
    SIGNATURE_ALGORITHM,
    signable.timestamp,
    scope,
    hashHex(Buffer.from(signable.canonicalRequest, 'latin1')),
  ].join('\n');
  return createHmac('sha256', signingKeyOf(secret, scope)).update(text).digest('hex');
}

function signingKeyOf(secret: SigningSecret, scope: string): KeyObject {
  const known = signingKeys.get(secret);
  if (known?.scope === scope) return known.key;
  const key = scope
    .split('/')
    .reduce<KeyObject>(
      (parent, part) => createSecretKey(createHmac('sha256', parent).update(part).digest()),
      createSecretKey(Buffer.from(`AWS4${secret.secretAccessKey}`)),
    );
  signingKeys.set(secret, { scope, key });
  return key;
}

/** SHA-256 in hexadecimal. */
export function hashHex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Compares secrets in a time that does not tell how much of them is right; how long they are is no secret. */
export function isSameSecret(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
