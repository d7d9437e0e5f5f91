import type { FastifyInstance, FastifyReply, FastifyRequest, RouteShorthandOptions } from 'fastify';
import { makeUrlId, type Clock } from '@mayfly/core';
import { HEADERS, LATEST, LIMITS } from '@mayfly/lambda-api';
import type { Logger } from '@mayfly/telemetry';
import type { IndexedFunction, UrlTarget } from '../functions/function-index.ts';
import type { ProvenCaller } from '../identity/caller.ts';
import { COLD_START_HEADER } from '../invoke/cold-start.ts';
import type { InvocationAnswer, InvocationTaker } from '../invoke/invocation.ts';
import type { InvocationResolver } from '../invoke/resolver.ts';
import { ensureTraceId } from '../invoke/trace-id.ts';
import { onDisconnectOf } from '../plugins/disconnect.ts';
import { bodyOf, contentTypeOf, replaceBody, whileHeld } from '../plugins/raw-body.ts';
import { computeCorsHeaders, isPreflight, type CorsRequest, type CorsRules } from './cors.ts';
import { toUrlEvent } from './event.ts';
import { URL_HOST_PREFIX } from './host.ts';
import { makeUrlErrorHandler } from './refusal.ts';
import { toUrlResponse, type UrlResponse } from './response.ts';
import { UrlAccess, type UrlAccessDeps } from './url-access.ts';

/** What function URLs need. */
export interface FunctionUrlDeps extends UrlAccessDeps {
  readonly invocations: InvocationTaker;
  readonly resolver: InvocationResolver;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly maxPayloadBytes: number;
  readonly region: string;
  readonly urlDomain: string;
  readonly findFunction: (namespace: string, functionName: string) => IndexedFunction | undefined;
  readonly findByUrlId: (urlId: string) => UrlTarget | undefined;
}

/** A function that a request leads to; it may have no URL. */
interface FoundUrl {
  readonly fn: IndexedFunction;
  readonly qualifier: string | undefined;
  /** Path below the function's root. */
  readonly rawPath: string;
  readonly rawQueryString: string;
}

/** A function whose URL was called. */
interface CalledUrl extends FoundUrl {
  readonly authType: 'NONE' | 'AWS_IAM';
  readonly rules: CorsRules | undefined;
}

interface PathParameters {
  readonly namespace: string;
  readonly function: string;
}
interface HostParameters {
  readonly urlId: string;
}

/** Function URLs by host, and by path where there is no wildcard DNS. */
export function registerFunctionUrls(app: FastifyInstance, deps: FunctionUrlDeps): void {
  const access = new UrlAccess(deps);
  const handleError = makeUrlErrorHandler(deps);
  const register = (
    path: string,
    find: (request: FastifyRequest) => FoundUrl | undefined,
  ): void => {
    const options: RouteShorthandOptions = {
      errorHandler: (error, request, reply) => void handleError(error, request, reply),
      // Whether it has to be known who calls is for each URL to say.
      config: { authenticatedFor: 'itself' },
      onRequest: (request, _reply, done) => {
        const url = toCalledUrl(find(request));
        if (url?.authType === 'AWS_IAM' && !isOwnPreflight(request, url)) access.checkHead(request);
        done();
      },
    };
    app.all(path, options, (request, reply) =>
      answer({ request, reply, deps, access }, toCalledUrl(find(request))),
    );
  };
  register(`${URL_HOST_PREFIX}:urlId`, (request) => {
    const { urlId } = request.params as HostParameters;
    const target = deps.findByUrlId(urlId);
    const { path, query } = splitUrl(request.originalUrl);
    return target && { ...target, rawPath: path, rawQueryString: query };
  });
  const findByPath = (request: FastifyRequest): FoundUrl | undefined => {
    const { namespace, function: called } = request.params as PathParameters;
    const [functionName = '', qualifier] = called.split(':', 2);
    const fn = deps.findFunction(namespace, functionName);
    const { path, query } = splitUrl(request.originalUrl);
    // `/url/<namespace>/<function>/a/b` → `/a/b`
    const below = /^\/url\/[^/]*\/[^/]*(.*)$/s.exec(path)?.[1] ?? '';
    return fn && { fn, qualifier, rawPath: below === '' ? '/' : below, rawQueryString: query };
  };
  register('/url/:namespace/:function', findByPath);
  register('/url/:namespace/:function/*', findByPath);
}

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly deps: FunctionUrlDeps;
  readonly access: UrlAccess;
}

function toCalledUrl(found: FoundUrl | undefined): CalledUrl | undefined {
  const url = found?.fn.urlOf(found.qualifier);
  if (found === undefined || url === undefined) return undefined;
  return { ...found, rules: url.cors, authType: url.authType };
}

/** A browser asks before it sends anything, and signs nothing. */
function isOwnPreflight(request: FastifyRequest, { rules }: CalledUrl): boolean {
  return rules !== undefined && isPreflight(toCorsRequest(request));
}

async function answer(exchange: Exchange, called: CalledUrl | undefined): Promise<FastifyReply> {
  const { request, reply } = exchange;
  reply.header(HEADERS.requestId, request.id);
  if (called === undefined) {
    return reply
      .code(403)
      .header(HEADERS.errorType, 'AccessDeniedException')
      .header('content-type', 'application/json')
      .send(Buffer.from('{"Message":"Forbidden"}'));
  }
  if (called.rules !== undefined && isOwnPreflight(request, called)) {
    addHeaders(reply, computeCorsHeaders(called.rules, toCorsRequest(request)));
    return reply.code(200).send('');
  }
  return invoke(exchange, called);
}

async function invoke(exchange: Exchange, called: CalledUrl): Promise<FastifyReply> {
  const { request, reply, deps, access } = exchange;
  const { qualifier } = called;
  const { namespace, functionName } = called.fn;
  const resource = { namespace, functionName, qualifier };
  const caller = called.authType === 'AWS_IAM' ? await access.check(request, resource) : undefined;
  const { target } = deps.resolver.resolve(namespace, { functionName, qualifier });
  const traceId = ensureTraceId(request.headers[HEADERS.traceId], deps.clock.now());
  const payload = makePayload(exchange, { ...called, caller }, traceId);
  replaceBody(request, payload);
  const invocation = {
    requestId: request.id,
    target,
    qualifier: qualifier ?? LATEST,
    payload,
    traceId,
    clientContext: undefined,
    wantsLogTail: false,
    onDisconnect: onDisconnectOf(reply),
  };
  const outcome = await whileHeld(request, () => deps.invocations.invoke(invocation));
  switch (outcome.kind) {
    case 'answered':
      return sendAnswer(exchange, called, outcome.answer);
    case 'refused':
      throw outcome.error;
    case 'disconnected':
      return reply.hijack();
  }
}

function makePayload(
  { request, deps }: Exchange,
  called: CalledUrl & { readonly caller: ProvenCaller | undefined },
  traceId: string,
): Buffer {
  const urlId = makeUrlId(called.fn.namespace, called.fn.functionName, called.qualifier);
  const event = toUrlEvent({
    method: request.method,
    rawPath: called.rawPath,
    rawQueryString: called.rawQueryString,
    headers: request.raw.headers,
    contentType: contentTypeOf(request),
    body: bodyOf(request),
    sourceIp: request.ip,
    protocol: `HTTP/${request.raw.httpVersion}`,
    requestId: request.id,
    timeMs: deps.clock.now(),
    traceId,
    caller: called.caller,
    urlId,
    domainName: `${urlId}.lambda-url.${deps.region}.${deps.urlDomain}`,
  });
  return Buffer.from(JSON.stringify(event));
}

function sendAnswer(
  { request, reply }: Exchange,
  { rules }: CalledUrl,
  { payload, functionError, coldStart }: InvocationAnswer,
): FastifyReply {
  if (coldStart !== undefined) reply.header(COLD_START_HEADER, coldStart);
  const result = functionError === undefined ? toUrlResponse(payload) : undefined;
  if (result?.kind !== 'response' || result.response.body.length > LIMITS.maxSyncResponseBytes) {
    return reply
      .code(502)
      .header('content-type', 'application/json')
      .send(Buffer.from('Internal Server Error'));
  }
  const { response } = result;
  addHeaders(reply, rules === undefined ? response.headers : withoutCors(response));
  if (rules !== undefined) addHeaders(reply, computeCorsHeaders(rules, toCorsRequest(request)));
  return reply.code(response.statusCode).send(response.body);
}

/** The rules of the URL replace what the function says about origins. */
function withoutCors(response: UrlResponse): UrlResponse['headers'] {
  return response.headers.filter(([name]) => !name.startsWith('access-control-'));
}

function addHeaders(reply: FastifyReply, headers: UrlResponse['headers']): void {
  for (const [name, value] of headers) {
    const known = reply.getHeader(name);
    if (known === undefined || name === 'content-type' || name === HEADERS.requestId) {
      if (name !== HEADERS.requestId) reply.header(name, value);
      // Fastify itself makes a list of set-cookie.
    } else if (name === 'set-cookie') reply.header(name, value);
    else reply.header(name, [...(Array.isArray(known) ? known : [String(known)]), value]);
  }
}

function toCorsRequest({ method, headers }: FastifyRequest): CorsRequest {
  return {
    method,
    origin: headers.origin,
    requestedMethod: headers['access-control-request-method'],
  };
}

function splitUrl(url: string): { readonly path: string; readonly query: string } {
  const mark = url.indexOf('?');
  return mark < 0
    ? { path: url, query: '' }
    : { path: url.slice(0, mark), query: url.slice(mark + 1) };
}
