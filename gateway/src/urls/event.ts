import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { toUserId, type ProvenCaller } from '../identity/caller.ts';

/** An HTTP request to a function URL. */
export interface UrlRequest {
  readonly method: string;
  /** As it was sent, from the function's root: `/a%20b`. */
  readonly rawPath: string;
  readonly rawQueryString: string;
  readonly headers: IncomingHttpHeaders;
  readonly contentType: string | undefined;
  readonly body: Buffer;
  readonly sourceIp: string;
  /** `HTTP/1.1` */
  readonly protocol: string;
  readonly requestId: string;
  readonly timeMs: number;
  readonly traceId: string;
  /** Who signed it; undefined where everybody may call. */
  readonly caller: ProvenCaller | undefined;
  readonly urlId: string;
  readonly domainName: string;
}

const TEXT_TYPES = new Set([
  'application/json',
  'application/javascript',
  'application/xml',
  'application/xhtml+xml',
]);
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** The event that the handler sees: payload format 2.0. */
export function toUrlEvent(request: UrlRequest): Record<string, unknown> {
  const cookies = toCookies(request.headers.cookie);
  const query = toQueryStringParameters(request.rawQueryString);
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: request.rawPath,
    rawQueryString: request.rawQueryString,
    ...(cookies.length === 0 ? {} : { cookies }),
    headers: toEventHeaders(request),
    ...(query === undefined ? {} : { queryStringParameters: query }),
    requestContext: toRequestContext(request),
    ...toEventBody(request),
  };
}

function toRequestContext(request: UrlRequest): Record<string, unknown> {
  const { caller } = request;
  return {
    accountId: caller?.accountId ?? 'anonymous',
    apiId: request.urlId,
    ...(caller === undefined ? {} : { authentication: null, authorizer: toAuthorizer(caller) }),
    domainName: request.domainName,
    domainPrefix: request.urlId,
    http: {
      method: request.method,
      path: request.rawPath,
      protocol: request.protocol,
      sourceIp: request.sourceIp,
      userAgent: request.headers['user-agent'] ?? '',
    },
    requestId: request.requestId,
    routeKey: '$default',
    stage: '$default',
    time: formatClfTime(request.timeMs),
    timeEpoch: request.timeMs,
  };
}

function toAuthorizer({ arn, accountId, accessKeyId }: ProvenCaller): Record<string, unknown> {
  const userId = toUserId(arn);
  return {
    iam: {
      accessKey: accessKeyId ?? null,
      accountId,
      callerId: userId,
      cognitoIdentity: null,
      principalOrgId: null,
      userArn: arn,
      userId,
    },
  };
}

function toEventHeaders(request: UrlRequest): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value === undefined || name === 'cookie') continue;
    headers[name] = single(value) ?? '';
  }
  if (request.contentType !== undefined) headers['content-type'] = request.contentType;
  return { ...headers, ...toForwardedHeaders(request), 'x-amzn-trace-id': request.traceId };
}

/** As a load balancer in front adds them; what an earlier one said is kept. */
function toForwardedHeaders({ headers, sourceIp }: UrlRequest): Record<string, string> {
  const before = single(headers['x-forwarded-for']);
  const port = /:(\d+)$/.exec(headers.host ?? '')?.[1];
  return {
    'x-forwarded-for': before === undefined ? sourceIp : `${before}, ${sourceIp}`,
    'x-forwarded-proto': single(headers['x-forwarded-proto']) ?? 'http',
    'x-forwarded-port': single(headers['x-forwarded-port']) ?? port ?? '80',
  };
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(',') : value;
}

function toCookies(header: string | undefined): readonly string[] {
  if (header === undefined) return [];
  return header
    .split(';')
    .map((cookie) => cookie.trim())
    .filter((cookie) => cookie !== '');
}

/** Values of a name that comes more than once are joined by a comma. */
function toQueryStringParameters(rawQueryString: string): Record<string, string> | undefined {
  if (rawQueryString === '') return undefined;
  const joined = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(rawQueryString)) {
    const known = joined.get(name);
    joined.set(name, known === undefined ? value : `${known},${value}`);
  }
  return Object.fromEntries(joined);
}

function toEventBody(request: UrlRequest): { body?: string; isBase64Encoded: boolean } {
  if (request.body.length === 0) return { isBase64Encoded: false };
  const isBase64Encoded = !isText(request);
  return { body: request.body.toString(isBase64Encoded ? 'base64' : 'utf8'), isBase64Encoded };
}

function isText({ contentType, headers, body }: UrlRequest): boolean {
  if (contentType === undefined || headers['content-encoding'] !== undefined) return false;
  const mediaType = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
  const isTextType =
    mediaType.startsWith('text/') || TEXT_TYPES.has(mediaType) || /\+(?:json|xml)$/.test(mediaType);
  // A text type with bytes that are no UTF-8 would be damaged by decoding.
  return isTextType && isUtf8(body);
}

/** Common log format: `12/Mar/2026:19:03:58 +0000`. */
function formatClfTime(timeMs: number): string {
  const [date = '', time = ''] = new Date(timeMs).toISOString().split('T');
  const [year = '', month = '', day = ''] = date.split('-');
  return `${day}/${MONTHS[Number(month) - 1] ?? ''}/${year}:${time.slice(0, 8)} +0000`;
}
