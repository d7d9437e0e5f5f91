import { makeCanonicalRequest } from './canonical-request.ts';
import {
  computeSignature,
  hashHex,
  SCOPE_TERMINATOR,
  SIGNATURE_ALGORITHM,
  type CredentialScope,
} from './signature.ts';
import { toRequestParts } from './signed-request.ts';

/** A request that is to be sent. */
export interface UnsignedRequest {
  readonly method: string;
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Who signs, where and when. */
export interface SigningTerms {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly nowMs: number;
}

/** The headers that a request of the Lambda API is sent with, signed: those it has, and those of the signature. */
export function signRequest(
  { method, url, headers, body }: UnsignedRequest,
  { accessKeyId, secretAccessKey, region, nowMs }: SigningTerms,
): Record<string, string> {
  const { host, pathname, search } = new URL(url);
  const timestamp = new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
  const payloadHash = hashHex(body);
  const given = { ...headers, 'x-amz-date': timestamp, 'x-amz-content-sha256': payloadHash };
  const rawHeaders = Object.entries({ ...given, host }).flat();
  const signedHeaders = Object.keys({ ...given, host }).sort();
  const coverage = { signedHeaders, exceptParameter: undefined, payloadHash };
  const parts = toRequestParts({ method, url: pathname + search, rawHeaders });
  const canonicalRequest = makeCanonicalRequest(parts, coverage);
  const scope: CredentialScope = { date: timestamp.slice(0, 8), region, service: 'lambda' };
  const credential = [accessKeyId, scope.date, region, scope.service, SCOPE_TERMINATOR].join('/');
  const signature = computeSignature({ secretAccessKey }, { scope, timestamp, canonicalRequest });
  return {
    ...given,
    authorization: `${SIGNATURE_ALGORITHM} Credential=${credential}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`,
  };
}
