import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { makeUrlId, type Clock } from '@mayfly/core';
import { HEADERS, LATEST, LIMITS } from '@mayfly/lambda-api';
import type { Logger } from '@mayfly/telemetry';
import type { IndexedFunction, UrlTarget } from '../functions/function-index.ts';
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

/** What function URLs need. */
export interface FunctionUrlDeps {
  readonly invocations: InvocationTaker;
  readonly resolver: InvocationResolver;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly maxPayloadBytes: number;
  readonly region: string;
  readonly accountId: string;
  readonly urlDomain: string;
  readonly findFunction: (namespace: string, functionName: string) => IndexedFunction | undefined;
  readonly findByUrlId: (urlId: string) => UrlTarget | undefined;
}

/** A function whose URL was called. */
interface CalledUrl {
  readonly fn: IndexedFunction;
  readonly rules: CorsRules | undefined;
  readonly qualifier: string | undefined;
  /** Path below the function's root. */
  readonly rawPath: string;
  readonly rawQueryString: string;
}

interface PathRoute {
  Params: { namespace: string; function: string };
}
interface HostRoute {
  Params: { urlId: string };
}

/** Function URLs by host, and by path where there is no wildcard DNS. */
export function registerFunctionUrls(app: FastifyInstance, deps: FunctionUrlDeps): void {
  const options = { errorHandler: makeUrlErrorHandler(deps) };
  app.all<HostRoute>(`${URL_HOST_PREFIX}:urlId`, options, (request, reply) => {
    const target = deps.findByUrlId(request.params.urlId);
    const { path, query } = splitUrl(request.originalUrl);
    const called = { rawPath: path, rawQueryString: query };
    return answer({ request, reply, deps }, target && { ...target, ...called });
  });
  const byPath = (
    request: FastifyRequest<PathRoute>,
    reply: FastifyReply,
  ): Promise<FastifyReply> => {
    const [functionName = '', qualifier] = request.params.function.split(':', 2);
    const fn = deps.findFunction(request.params.namespace, functionName);
    const { path, query } = splitUrl(request.originalUrl);
    // `/url/<namespace>/<function>/a/b` → `/a/b`
    const rawPath = /^\/url\/[^/]*\/[^/]*(.*)$/s.exec(path)?.[1] ?? '';
    const called = { qualifier, rawPath: rawPath === '' ? '/' : rawPath, rawQueryString: query };
    return answer({ request, reply, deps }, fn === undefined ? undefined : { fn, ...called });
  };
  app.all<PathRoute>('/url/:namespace/:function', options, byPath);
  app.all<PathRoute>('/url/:namespace/:function/*', options, byPath);
}

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly deps: FunctionUrlDeps;
}

async function answer(
  exchange: Exchange,
  found: Omit<CalledUrl, 'rules'> | undefined,
): Promise<FastifyReply> {
  const { request, reply } = exchange;
  reply.header(HEADERS.requestId, request.id);
  const url = found?.fn.urlOf(found.qualifier);
  if (found === undefined || url === undefined) {
    return reply
      .code(403)
      .header(HEADERS.errorType, 'AccessDeniedException')
      .header('content-type', 'application/json')
      .send(Buffer.from('{"Message":"Forbidden"}'));
  }
  const called: CalledUrl = { ...found, rules: url.cors };
  const cors = toCorsRequest(request);
  if (called.rules !== undefined && isPreflight(cors)) {
    addHeaders(reply, computeCorsHeaders(called.rules, cors));
    return reply.code(200).send('');
  }
  return invoke(exchange, called);
}

async function invoke(exchange: Exchange, called: CalledUrl): Promise<FastifyReply> {
  const { request, reply, deps } = exchange;
  const { target } = deps.resolver.resolve(called.fn.namespace, {
    functionName: called.fn.functionName,
    qualifier: called.qualifier,
  });
  const traceId = ensureTraceId(request.headers[HEADERS.traceId], deps.clock.now());
  const payload = makePayload(exchange, called, traceId);
  replaceBody(request, payload);
  const invocation = {
    requestId: request.id,
    target,
    qualifier: called.qualifier ?? LATEST,
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

function makePayload(exchange: Exchange, called: CalledUrl, traceId: string): Buffer {
  const { request, deps } = exchange;
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
    accountId: deps.accountId,
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
