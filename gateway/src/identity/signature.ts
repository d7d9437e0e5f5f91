import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

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

/** The signature of a request, in hexadecimal. */
export function computeSignature(secretAccessKey: string, signable: Signable): string {
  const { scope, timestamp, canonicalRequest } = signable;
  const { date, region, service } = scope;
  const key = [date, region, service, SCOPE_TERMINATOR].reduce<Buffer>(
    (parent, text) => createHmac('sha256', parent).update(text).digest(),
    Buffer.from(`AWS4${secretAccessKey}`),
  );
  const text = [
    SIGNATURE_ALGORITHM,
    timestamp,
    [date, region, service, SCOPE_TERMINATOR].join('/'),
    hashHex(Buffer.from(canonicalRequest, 'latin1')),
  ].join('\n');
  return createHmac('sha256', key).update(text).digest('hex');
}

/** SHA-256 in hexadecimal. */
export function hashHex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Compares secrets in a time that does not tell how much of them is right. */
export function isSameSecret(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
