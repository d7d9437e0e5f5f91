import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { AGENT_HEADERS, AGENT_PATHS } from '@mayfly/core';
import { HEADERS } from '@mayfly/lambda-api';
import { decodeClientContext } from './decode-client-context.ts';
import type { ExecutionEnvironment } from './execution-environment.ts';
import { makeFunctionError } from './function-error.ts';
import type { InvocationAnswer, InvocationRequest, Refusal } from './invocation.ts';
import { parseAssignment } from './parse-assignment.ts';
import { readBody } from './read-body.ts';
import { sendBody } from './send-body.ts';

/** A function and its five layers may come along, each a mebibyte. */
const MAX_ASSIGNMENT_BYTES = 10 * 1024 * 1024;
const REQUEST_ID = /^[\w-]{1,128}$/;
// What may stand in a header that is passed on to a runtime.
const UNSAFE_HEADER_BYTES = /[^\t\x20-\x7e]/g;
const MAX_HEADER_LENGTH = 1024;

/** What the invocation port needs. */
export interface InvocationServerDeps {
  readonly executionEnvironment: ExecutionEnvironment;
  readonly token: string;
  readonly maxRequestBytes: number;
}

/** Builds the server of the port that gateways and the driver speak to. */
export function buildInvocationServer(deps: InvocationServerDeps): Server {
  const expected = Buffer.from(`Bearer ${deps.token}`);
  const server = createServer((request, response) => {
    response.sendDate = false;
    if (isAuthorised(request, expected)) {
      route(deps, request, response);
      return;
    }
    refuse(response, {
      statusCode: 401,
      errorType: 'Agent.Unauthorised',
      errorMessage: 'the bearer token is missing or wrong',
    });
  });
  // Gateways keep their connections; a timer for each would be armed again with every request.
  server.keepAliveTimeout = 0;
  return server;
}

function isAuthorised(request: IncomingMessage, expected: Buffer): boolean {
  const given = Buffer.from(request.headers.authorization ?? '', 'latin1');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function route(
  deps: InvocationServerDeps,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  switch (`${request.method ?? ''} ${request.url ?? ''}`) {
    case `POST ${AGENT_PATHS.invocations}`:
      handleInvocation(deps, request, response);
      return;
    case `POST ${AGENT_PATHS.assignment}`:
      handleAssignment(deps, request, response);
      return;
    case `GET ${AGENT_PATHS.status}`:
      sendJson(response, 200, Buffer.from(JSON.stringify(deps.executionEnvironment.status)));
      return;
    default:
      refuseRoute(request, response);
  }
}

function refuseRoute(request: IncomingMessage, response: ServerResponse): void {
  const isKnown = Object.values<string>(AGENT_PATHS).includes(request.url ?? '');
  refuse(response, {
    statusCode: isKnown ? 405 : 404,
    errorType: isKnown ? 'Agent.MethodNotAllowed' : 'Agent.NotFound',
    errorMessage: `the agent has no ${request.method ?? ''} ${request.url ?? ''}`,
  });
}

function handleAssignment(
  deps: InvocationServerDeps,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  readBody(request, MAX_ASSIGNMENT_BYTES, (outcome) => {
    if (outcome.kind === 'aborted') return;
    if (outcome.kind === 'tooLarge') {
      refuse(response, tooLarge('an assignment', MAX_ASSIGNMENT_BYTES));
      return;
    }
    const parsed = parseAssignment(outcome.body);
    if (parsed.kind === 'invalid') {
      const errorType = 'Agent.InvalidAssignment';
      refuse(response, { statusCode: 400, errorType, errorMessage: parsed.message });
      return;
    }
    if (deps.executionEnvironment.assign(parsed.assignment)) {
      sendJson(response, 202, Buffer.from('{}'));
      return;
    }
    const errorMessage = 'a function has been assigned already';
    refuse(response, { statusCode: 409, errorType: 'Agent.AlreadyAssigned', errorMessage });
  });
}

function handleInvocation(
  deps: InvocationServerDeps,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { executionEnvironment, maxRequestBytes } = deps;
  const { refusal } = executionEnvironment;
  if (refusal !== undefined) {
    refuse(response, refusal);
    return;
  }
  readBody(request, maxRequestBytes, (outcome) => {
    if (outcome.kind === 'aborted') return;
    if (outcome.kind === 'tooLarge') {
      refuse(response, tooLarge('a request', maxRequestBytes));
      return;
    }
    const invocation = parseInvocation(request, outcome.body, (answer) => {
      sendAnswer(response, answer);
    });
    const lateRefusal = executionEnvironment.invoke(invocation);
    if (lateRefusal !== undefined) refuse(response, lateRefusal);
  });
}

function parseInvocation(
  request: IncomingMessage,
  payload: Buffer,
  onAnswer: (answer: InvocationAnswer) => void,
): InvocationRequest {
  const requestId = readHeader(request, HEADERS.requestId);
  return {
    requestId: requestId !== undefined && REQUEST_ID.test(requestId) ? requestId : randomUUID(),
    payload,
    invokedFunctionArn: readHeader(request, AGENT_HEADERS.invokedFunctionArn),
    traceId: readHeader(request, HEADERS.traceId) ?? makeTraceId(),
    clientContext: decodeClientContext(readHeader(request, HEADERS.clientContext)),
    wantsLogTail: readHeader(request, HEADERS.logType) === 'Tail',
    onAnswer,
  };
}

function readHeader(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  if (typeof value !== 'string' || value === '') return undefined;
  // Client contexts are long, and base64: nothing in them to clean.
  if (name === HEADERS.clientContext) return value;
  return value.slice(0, MAX_HEADER_LENGTH).replace(UNSAFE_HEADER_BYTES, '?');
}

function makeTraceId(): string {
  const seconds = Math.floor(Date.now() / 1000).toString(16);
  const random = randomBytes(20).toString('hex');
  return `Root=1-${seconds}-${random.slice(0, 24)};Parent=${random.slice(24)};Sampled=0`;
}

function sendAnswer(response: ServerResponse, answer: InvocationAnswer): void {
  if (answer.kind === 'dropped') {
    response.destroy();
    return;
  }
  if (answer.kind === 'refused') {
    refuse(response, answer.refusal);
    return;
  }
  const headers: (string | number)[] = [
    'content-type',
    'application/json',
    'content-length',
    answer.payload.length,
    HEADERS.executedVersion,
    answer.version,
  ];
  if (answer.isFunctionError) headers.push(HEADERS.functionError, 'Unhandled');
  if (answer.logResult !== undefined) headers.push(HEADERS.logResult, answer.logResult);
  if (answer.initDurationMs !== undefined) {
    headers.push(AGENT_HEADERS.initDurationMs, answer.initDurationMs.toFixed(2));
  }
  if (answer.heldMs !== undefined) headers.push(AGENT_HEADERS.heldMs, answer.heldMs.toFixed(2));
  sendBody(response, 200, { headers, body: answer.payload });
}

function tooLarge(what: string, maxBytes: number): Refusal {
  return {
    statusCode: 413,
    errorType: 'Agent.RequestTooLarge',
    errorMessage: `${what} has at most ${maxBytes.toString()} bytes`,
  };
}

// A refusal is the agent's own word: the header keeps it apart from what functions say.
function refuse(response: ServerResponse, refusal: Refusal): void {
  response.setHeader(AGENT_HEADERS.agentError, refusal.errorType);
  const body = makeFunctionError(refusal.errorType, refusal.errorMessage);
  sendJson(response, refusal.statusCode, body);
}

function sendJson(response: ServerResponse, statusCode: number, body: Buffer): void {
  response.setHeader('content-type', 'application/json');
  response.setHeader('content-length', body.length);
  response.writeHead(statusCode);
  response.end(body);
}
