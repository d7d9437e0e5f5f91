import {
  hashedForMessage,
  incompleteSignature,
  invalidSignature,
  missingAuthenticationToken,
} from './refusals.ts';
import { headerOf, parameterOf, type RequestParts } from './signed-request.ts';

/** What a request says about its signature; nothing of it is proven. */
export interface SignatureClaim {
  readonly algorithm: string;
  /** `<access key id>/<date>/<region>/<service>/aws4_request`. */
  readonly credential: string;
  /** In lower case: others match no header. */
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly date: string;
  readonly sessionToken: string | undefined;
  /** Of a request whose signature is in its query, `presigned`. */
  readonly presigned: { readonly expires: string | undefined } | undefined;
}

const ALGORITHM_PARAMETER = 'X-Amz-Algorithm';

/** Parameter of the query that holds the signature of a presigned request. */
export const SIGNATURE_PARAMETER = 'X-Amz-Signature';

/**
 * Reads the claim from the header `Authorization` or from the query.
 * @throws LambdaError when there is none, or a part of one
 */
export function readSignatureClaim(request: RequestParts): SignatureClaim {
  const authorization = headerOf(request, 'authorization');
  const isPresigned = parameterOf(request, ALGORITHM_PARAMETER) !== undefined;
  if (authorization !== undefined && isPresigned) {
    throw invalidSignature(
      "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    );
  }
  if (isPresigned) return readQuery(request);
  if (authorization === undefined || authorization === '') throw missingAuthenticationToken();
  return readHeader(request, authorization);
}

function readHeader(request: RequestParts, authorization: string): SignatureClaim {
  const [algorithm = '', ...parts] = authorization.split(/[\s,]+/).filter((part) => part !== '');
  const given = new Map(parts.map(toPair));
  const date = headerOf(request, 'x-amz-date') ?? headerOf(request, 'date');
  const problems = ['Credential', 'Signature', 'SignedHeaders']
    .filter((name) => !given.get(name))
    .map((name) => `Authorization header requires '${name}' parameter. `);
  if (!date) {
    problems.push(
      "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ",
    );
  }
  if (problems.length > 0 || !date) {
    throw incompleteSignature(
      `${problems.join('')}(Hashed with SHA-256 and encoded with Base64) ` +
        `Authorization=${hashedForMessage(authorization)}`,
    );
  }
  return {
    algorithm,
    credential: given.get('Credential') ?? '',
    signedHeaders: toNames(given.get('SignedHeaders')),
    signature: given.get('Signature') ?? '',
    date,
    sessionToken: headerOf(request, 'x-amz-security-token'),
    presigned: undefined,
  };
}

function toPair(part: string): readonly [name: string, value: string] {
  const mark = part.indexOf('=');
  if (mark < 0) {
    throw incompleteSignature(
      'Invalid key=value pair (missing equal-sign) in Authorization header ' +
        `(hashed with SHA-256 and encoded with Base64): '${hashedForMessage(part)}'.`,
    );
  }
  return [part.slice(0, mark), part.slice(mark + 1)];
}

function readQuery(request: RequestParts): SignatureClaim {
  const read = (name: string): string => parameterOf(request, name) ?? '';
  const names = [
    ALGORITHM_PARAMETER,
    'X-Amz-Credential',
    SIGNATURE_PARAMETER,
    'X-Amz-SignedHeaders',
    'X-Amz-Date',
  ];
  const missing = names.filter((name) => read(name) === '');
  if (missing.length > 0) {
    const problems = missing.map((name) => `AWS query-string parameters must include '${name}'. `);
    throw incompleteSignature(`${problems.join('')}Re-examine the query-string parameters.`);
  }
  return {
    algorithm: read(ALGORITHM_PARAMETER),
    credential: read('X-Amz-Credential'),
    signedHeaders: toNames(read('X-Amz-SignedHeaders')),
    signature: read(SIGNATURE_PARAMETER),
    date: read('X-Amz-Date'),
    sessionToken: parameterOf(request, 'X-Amz-Security-Token'),
    presigned: { expires: parameterOf(request, 'X-Amz-Expires') },
  };
}

function toNames(list: string | undefined): readonly string[] {
  return (list ?? '').split(';');
}
