import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { sendRuntimeApiError } from './runtime-api-answers.ts';

const PREFIX = '/2018-06-01/runtime/';
const NEXT = `${PREFIX}invocation/next`;
const INIT_ERROR = `${PREFIX}init/error`;
const ANSWER = /^\/2018-06-01\/runtime\/invocation\/([^/]+)\/(response|error)$/;

/** What a runtime reports about an invocation. */
export type AnswerKind = 'response' | 'error';

/** One report: whose, what, and the exchange it came in. */
export interface RuntimeAnswer {
  readonly requestId: string;
  readonly kind: AnswerKind;
}

/** Who serves the runtime. */
export interface RuntimeApiHandler {
  onNext(response: ServerResponse): void;
  onAnswer(answer: RuntimeAnswer, request: IncomingMessage, response: ServerResponse): void;
  onInitError(request: IncomingMessage, response: ServerResponse): void;
}

/** Builds the Runtime API (2018-06-01). It never closes a runtime's connection by itself. */
export function buildRuntimeApiServer(handler: RuntimeApiHandler): Server {
  const server = createServer((request, response) => {
    response.sendDate = false;
    if (isFromWebPage(request)) refuseWebPage(request, response);
    else route(handler, request, response);
  });
  // A runtime may wait for its next invocation for as long as it likes.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  server.headersTimeout = 0;
  return server;
}

// A page in a browser on this machine can send requests to 127.0.0.1, also under a name of its own that
// it has pointed there. No runtime client sends these headers.
function isFromWebPage({ headers, socket }: IncomingMessage): boolean {
  if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined) return true;
  // HTTP/1.0 has no Host; browsers always send one.
  if (headers.host === undefined) return false;
  const port = String(socket.localPort);
  return headers.host !== `127.0.0.1:${port}` && headers.host !== `localhost:${port}`;
}

function refuseWebPage(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  sendRuntimeApiError(response, 'Forbidden', 'the Runtime API is for the runtime alone');
}

function route(
  handler: RuntimeApiHandler,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { url = '' } = request;
  const query = url.indexOf('?');
  const path = query === -1 ? url : url.slice(0, query);
  if (path === NEXT) {
    if (isMethod(request, response, 'GET')) handler.onNext(response);
  } else if (path === INIT_ERROR) {
    if (isMethod(request, response, 'POST')) handler.onInitError(request, response);
  } else routeAnswer(path, { handler, request, response });
}

function routeAnswer(
  path: string,
  exchange: { handler: RuntimeApiHandler; request: IncomingMessage; response: ServerResponse },
): void {
  const { handler, request, response } = exchange;
  const [, requestId, kind] = ANSWER.exec(path) ?? [];
  if (requestId === undefined) {
    sendRuntimeApiError(response, 'NotFound', `the Runtime API has no ${path}`);
  } else if (isMethod(request, response, 'POST')) {
    const answer = { requestId, kind: kind === 'error' ? 'error' : 'response' } as const;
    handler.onAnswer(answer, request, response);
  }
}

function isMethod(request: IncomingMessage, response: ServerResponse, method: string): boolean {
  if (request.method === method) return true;
  response.setHeader('allow', method);
  sendRuntimeApiError(response, 'MethodNotAllowed', `use ${method}`);
  return false;
}
