import type { AccessKey, AccessKeys, Principal } from './access-keys.ts';
import { makeCanonicalRequest } from './canonical-request.ts';
import {
  expiredToken,
  incompleteSignature,
  invalidSignature,
  unrecognizedClient,
} from './refusals.ts';
import {
  computeSignature,
  hashHex,
  isSameSecret,
  SCOPE_TERMINATOR,
  SIGNATURE_ALGORITHM,
  type CredentialScope,
} from './signature.ts';
import { readSignatureClaim, SIGNATURE_PARAMETER, type SignatureClaim } from './signature-claim.ts';
import {
  headerOf,
  toRequestParts,
  type RequestParts,
  type SignedRequest,
} from './signed-request.ts';
import {
  checkSigningTime,
  parseExpires,
  parseSigningTime,
  type SigningTime,
} from './signing-time.ts';

/** What signatures are verified against. */
export interface VerifierContext {
  readonly accessKeys: AccessKeys;
  readonly region: string;
  /** `lambda` for the API and for function URLs. */
  readonly service: string;
  readonly nowMs: number;
}

/** A request whose signature is right. */
export interface VerifiedRequest {
  readonly accessKeyId: string;
  readonly principal: Principal;
}

const PAYLOAD_HASH_HEADER = 'x-amz-content-sha256';

/** Of bodies that are not signed, or that are signed in pieces: S3 takes them, Lambda does not. */
const UNSERVED_PAYLOAD = /^(?:UNSIGNED-PAYLOAD|STREAMING-)/;

/**
 * Proves who sent a request by its signature (AWS Signature Version 4). Checks come in AWS's order, so that the first
 * thing that is wrong has AWS's answer.
 * @throws LambdaError with AWS's code and sentence
 */
export function verifySignature(request: SignedRequest, context: VerifierContext): VerifiedRequest {
  const parts = toRequestParts(request);
  const claim = readSignatureClaim(parts);
  const time = parseSigningTime(claim.date);
  checkSigningTime(time, context.nowMs, parseExpires(claim.presigned?.expires));
  checkCoverage(parts, claim);
  if (claim.algorithm !== SIGNATURE_ALGORITHM) {
    throw incompleteSignature(
      `Unsupported AWS 'algorithm': '${claim.algorithm}' (only ${SIGNATURE_ALGORITHM} for now). `,
    );
  }
  const { accessKeyId, scope } = readCredential(claim.credential, time, context);
  const key = findKey(accessKeyId, claim, context);
  const expected = computeSignature(key, {
    scope,
    timestamp: time.timestamp,
    canonicalRequest: makeCanonicalRequest(parts, {
      signedHeaders: claim.signedHeaders,
      exceptParameter: claim.presigned === undefined ? undefined : SIGNATURE_PARAMETER,
      payloadHash: computePayloadHash(parts),
    }),
  });
  if (!isSameSecret(claim.signature, expected)) throw invalidSignature();
  return { accessKeyId, principal: key.principal };
}

/** A header that says what is to be done must not be one that anybody could have added on the way. */
function checkCoverage({ headers, path }: RequestParts, { signedHeaders }: SignatureClaim): void {
  // differs from Lambda: `/a/../b` has the signature of `/b`, but is routed as `/a`. Nobody may make one of the other.
  if (/(?:^|\/)\.{1,2}(?:\/|$)/.test(path)) throw invalidSignature();
  const signed = new Set(signedHeaders);
  if (!signed.has('host')) {
    throw invalidSignature(
      "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    );
  }
  for (const name of headers.keys()) {
    if (name.startsWith('x-amz-') && !signed.has(name)) {
      throw invalidSignature(`'${name}' must be a 'SignedHeader' in the AWS Authorization.`);
    }
  }
  if (signedHeaders.some((name) => !headers.has(name))) throw invalidSignature();
}

function readCredential(
  credential: string,
  time: SigningTime,
  context: VerifierContext,
): { readonly accessKeyId: string; readonly scope: CredentialScope } {
  const elements = credential.split('/');
  if (elements.length !== 5) {
    throw incompleteSignature(
      'Credential must have exactly 5 slash-delimited elements, ' +
        `e.g. keyid/date/region/service/term, got '${credential}'`,
    );
  }
  const [accessKeyId = '', date = '', region = '', service = '', terminator = ''] = elements;
  const scope = { date, region, service };
  const problems = describeScopeProblems({ ...scope, terminator }, time, context);
  if (problems !== '') throw invalidSignature(problems);
  return { accessKeyId, scope };
}

/** AWS ends each sentence with a space, the last one too. */
function describeScopeProblems(
  given: CredentialScope & { readonly terminator: string },
  { timestamp }: SigningTime,
  { region, service }: VerifierContext,
): string {
  const problems: string[] = [];
  if (given.region !== region) problems.push('Credential should be scoped to a valid region. ');
  if (given.service !== service) {
    problems.push(`Credential should be scoped to correct service: '${service}'. `);
  }
  if (given.terminator !== SCOPE_TERMINATOR) {
    problems.push(
      `Credential should be scoped with a valid terminator: '${SCOPE_TERMINATOR}', not '${given.terminator}'. `,
    );
  }
  const date = timestamp.slice(0, 8);
  if (given.date !== date) {
    problems.push(
      'Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ' +
        `'${given.date}' != '${date}', from '${timestamp}'. `,
    );
  }
  return problems.join('');
}

function findKey(
  accessKeyId: string,
  { sessionToken }: SignatureClaim,
  { accessKeys, nowMs }: VerifierContext,
): AccessKey {
  const key = accessKeys.find(accessKeyId);
  if (key === undefined) throw unrecognizedClient();
  // A token with a key that has none is as wrong as none with a key that has one.
  if ((sessionToken === undefined) !== (key.sessionToken === undefined)) throw unrecognizedClient();
  if (!isSameSecret(sessionToken ?? '', key.sessionToken ?? '')) throw unrecognizedClient();
  if (key.expiresAtMs !== undefined && key.expiresAtMs <= nowMs) throw expiredToken();
  return key;
}

/** Always of the body that came: what the header says is only compared. */
function computePayloadHash(request: RequestParts): string {
  const computed = hashHex(request.body);
  const said = headerOf(request, PAYLOAD_HASH_HEADER);
  if (said === undefined || said === computed) return computed;
  if (UNSERVED_PAYLOAD.test(said)) {
    throw invalidSignature(
      `'${said.slice(0, 64)}' is not supported: '${PAYLOAD_HASH_HEADER}' must be the SHA-256 of the body.`,
    );
  }
  throw invalidSignature();
}
