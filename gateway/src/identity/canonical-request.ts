import type { QueryParameter, RequestParts } from './signed-request.ts';

/** What a signature says that it covers. */
export interface Coverage {
  /** Names of headers, in lower case. */
  readonly signedHeaders: readonly string[];
  /** Parameter of the query that holds the signature itself, and therefore cannot be covered by it. */
  readonly exceptParameter: string | undefined;
  /** SHA-256 of the body, in hexadecimal. */
  readonly payloadHash: string;
}

/** The text that a request is signed as: one character for each byte. A header that is not there counts as empty. */
export function makeCanonicalRequest(request: RequestParts, coverage: Coverage): string {
  const names = [...new Set(coverage.signedHeaders)].sort();
  const covered = request.query.filter(([name]) => name !== coverage.exceptParameter);
  return [
    request.method,
    toCanonicalPath(request.path),
    toCanonicalQuery(covered),
    ...names.map((name) => `${name}:${toCanonicalValue(request.headers.get(name) ?? [])}`),
    '',
    names.join(';'),
    coverage.payloadHash,
  ].join('\n');
}

/**
 * Every service but S3 signs the path as it is sent, encoded once more: `/a%20b` → `/a%2520b`. Empty segments and
 * dots are resolved first.
 */
export function toCanonicalPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(encode(segment));
  }
  if (segments.length === 0) return '/';
  return `/${segments.join('/')}${path.endsWith('/') ? '/' : ''}`;
}

/** By name, then by value, each encoded: `a` comes before `a-b`, which it would not as `a=` and `a-b=`. */
export function toCanonicalQuery(query: readonly QueryParameter[]): string {
  return query
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function toCanonicalValue(values: readonly string[]): string {
  return values.map((value) => value.replaceAll(/[ \t]+/g, ' ').replaceAll(/^ | $/g, '')).join(',');
}

function encode(text: string): string {
  return text.replaceAll(
    /[^A-Za-z0-9\-._~]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
