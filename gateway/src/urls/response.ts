import { validateHeaderName, validateHeaderValue } from 'node:http';

/** An HTTP answer of a function URL. */
export interface UrlResponse {
  readonly statusCode: number;
  /** Lower-case names; a name may come more than once. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** What a handler's value means for HTTP. `invalid` is the function's fault: 502. */
export type UrlResponseResult =
  | { readonly kind: 'response'; readonly response: UrlResponse }
  | { readonly kind: 'invalid'; readonly reason: string };

/** Belong to the connection, which is ours. */
const CONNECTION_HEADERS = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const JSON_TYPE = 'application/json';

/**
 * Reads payload format 2.0: an object with `statusCode` says everything, any other value is the body of
 * a 200 as JSON (a string: as it is).
 */
export function toUrlResponse(payload: Buffer): UrlResponseResult {
  const text = payload.toString();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'invalid', reason: 'the function answered with something that is no JSON' };
  }
  if (!isRecord(value) || !('statusCode' in value)) return toInferredResponse(value, text);
  return toGivenResponse(value);
}

function toInferredResponse(value: unknown, text: string): UrlResponseResult {
  // Functions that answer with nothing give null, whose body is empty.
  const body = typeof value === 'string' ? value : value === null ? '' : text;
  return {
    kind: 'response',
    response: {
      statusCode: 200,
      headers: [['content-type', JSON_TYPE]],
      body: Buffer.from(body),
    },
  };
}

function toGivenResponse(value: Record<string, unknown>): UrlResponseResult {
  const statusCode = toStatusCode(value['statusCode']);
  if (statusCode === undefined) return invalid('statusCode is no status from 200 to 599');
  const headers = toHeaders(value['headers'] ?? {}, value['cookies'] ?? []);
  if (headers === undefined) return invalid('headers or cookies cannot be sent');
  const body = toBody(value['body'] ?? '', value['isBase64Encoded']);
  if (body === undefined) return invalid('body is no string');
  if (!headers.some(([name]) => name === 'content-type')) headers.push(['content-type', JSON_TYPE]);
  return { kind: 'response', response: { statusCode, headers, body } };
}

function toStatusCode(value: unknown): number | undefined {
  const statusCode = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value;
  const isStatus = typeof statusCode === 'number' && Number.isInteger(statusCode);
  return isStatus && statusCode >= 200 && statusCode <= 599 ? statusCode : undefined;
}

function toBody(value: unknown, isBase64Encoded: unknown): Buffer | undefined {
  if (typeof value !== 'string') return undefined;
  return Buffer.from(value, isBase64Encoded === true ? 'base64' : 'utf8');
}

function toHeaders(given: unknown, cookies: unknown): [string, string][] | undefined {
  if (!isRecord(given) || !Array.isArray(cookies)) return undefined;
  const headers: [string, string][] = [];
  for (const [name, value] of Object.entries(given)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (!addHeader(headers, name.toLowerCase(), item)) return undefined;
    }
  }
  for (const cookie of cookies) {
    if (!addHeader(headers, 'set-cookie', cookie)) return undefined;
  }
  return headers;
}

/** False when the header cannot be sent. */
function addHeader(headers: [string, string][], name: string, value: unknown): boolean {
  if (value === null || value === undefined || CONNECTION_HEADERS.has(name)) return true;
  const isText = typeof value === 'string' || typeof value === 'number';
  if (!isText && typeof value !== 'boolean') return false;
  const text = value.toString();
  try {
    validateHeaderName(name);
    validateHeaderValue(name, text);
  } catch {
    return false;
  }
  headers.push([name, text]);
  return true;
}

function invalid(reason: string): UrlResponseResult {
  return { kind: 'invalid', reason };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
