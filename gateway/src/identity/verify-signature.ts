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
  type SignedHead,
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

/** Says who sent the request, once its body is there. @throws LambdaError when the body is not what was signed */
export type ConfirmBody = (body: Uint8Array) => VerifiedRequest;

/**
 * Proves who sent a request by its signature (AWS Signature Version 4). Checks come in AWS's order, so that the first
 * thing that is wrong has AWS's answer.
 * @throws LambdaError with AWS's code and sentence
 */
export function verifySignature(request: SignedRequest, context: VerifierContext): VerifiedRequest {
  return verifyHead(request, context)(request.body);
}

/**
 * The same before the body is there, so that no room is taken by bodies of those who may not send any. A client that says
 * the hash of the body has proven itself then; of others only the access key is known.
 * @throws LambdaError with AWS's code and sentence
 */
export function verifyHead(head: SignedHead, context: VerifierContext): ConfirmBody {
  const parts = toRequestParts(head);
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
  const checkSignature = (payloadHash: string): void => {
    const { signedHeaders, presigned } = claim;
    const exceptParameter = presigned === undefined ? undefined : SIGNATURE_PARAMETER;
    const canonicalRequest = makeCanonicalRequest(parts, {
      signedHeaders,
      exceptParameter,
      payloadHash,
    });
    const signable = { scope, timestamp: time.timestamp, canonicalRequest };
    if (!isSameSecret(claim.signature, computeSignature(key, signable))) throw invalidSignature();
  };
  const saidHash = readPayloadHash(parts);
  if (saidHash !== undefined) checkSignature(saidHash);
  return (body) => {
    const hash = hashHex(body);
    if (saidHash === undefined) checkSignature(hash);
    else if (hash !== saidHash) throw invalidSignature();
    return { accessKeyId, principal: key.principal };
  };
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

function readPayloadHash(parts: RequestParts): string | undefined {
  const said = headerOf(parts, PAYLOAD_HASH_HEADER);
  if (said !== undefined && UNSERVED_PAYLOAD.test(said)) {
    throw invalidSignature(
      `'${said.slice(0, 64)}' is not supported: '${PAYLOAD_HASH_HEADER}' must be the SHA-256 of the body.`,
    );
  }
  return said;
}
