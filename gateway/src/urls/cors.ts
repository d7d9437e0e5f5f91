import type { FunctionResource } from '@mayfly/api';

/** Cross-origin rules of a function URL. */
export type CorsRules = NonNullable<NonNullable<FunctionResource['spec']['url']>['cors']>;

/** What a page says when it asks. */
export interface CorsRequest {
  readonly method: string;
  readonly origin: string | undefined;
  /** Present on a preflight only. */
  readonly requestedMethod: string | undefined;
}

type Headers = (readonly [name: string, value: string])[];

/** True for the question that a browser asks before a request; the gateway answers it itself. */
export function isPreflight(request: CorsRequest): boolean {
  return (
    request.method === 'OPTIONS' &&
    request.origin !== undefined &&
    request.requestedMethod !== undefined
  );
}

/** Headers of the answer to a request; none when the origin may not read it. */
export function computeCorsHeaders(rules: CorsRules, request: CorsRequest): Headers {
  const origin = computeAllowedOrigin(rules, request.origin);
  if (origin === undefined) return [];
  const headers: Headers = [['access-control-allow-origin', origin]];
  if (origin !== '*') headers.push(['vary', 'Origin']);
  if (rules.allowCredentials) headers.push(['access-control-allow-credentials', 'true']);
  if (isPreflight(request)) headers.push(...computePreflightHeaders(rules));
  else if (rules.exposeHeaders !== undefined) {
    headers.push(['access-control-expose-headers', rules.exposeHeaders.join(',')]);
  }
  return headers;
}

function computePreflightHeaders(rules: CorsRules): Headers {
  const headers: Headers = [];
  if (rules.allowMethods !== undefined) {
    headers.push(['access-control-allow-methods', rules.allowMethods.join(',')]);
  }
  if (rules.allowHeaders !== undefined) {
    headers.push(['access-control-allow-headers', rules.allowHeaders.join(',')]);
  }
  if (rules.maxAge !== undefined) {
    headers.push(['access-control-max-age', rules.maxAge.toString()]);
  }
  return headers;
}

function computeAllowedOrigin(rules: CorsRules, origin: string | undefined): string | undefined {
  const allowed = rules.allowOrigins ?? [];
  if (origin === undefined) return undefined;
  if (allowed.includes('*')) return rules.allowCredentials ? origin : '*';
  return allowed.some((pattern) => matchesOrigin(pattern, origin)) ? origin : undefined;
}

/** `https://*.example.com` allows every host below example.com. */
function matchesOrigin(pattern: string, origin: string): boolean {
  const [scheme, domain] = pattern.split('://*.', 2);
  if (scheme === undefined || domain === undefined) return pattern === origin;
  return origin.startsWith(`${scheme}://`) && origin.endsWith(`.${domain}`);
}
