import type { ServerResponse } from 'node:http';
import { RUNTIME_API_HEADERS } from '@mayfly/lambda-api';
import type { RunningInvocation } from './invocation.ts';
import { sendBody } from './send-body.ts';

const ACCEPTED = '{"status":"OK"}\n';

/** Errors that the Runtime API tells a runtime. */
export type RuntimeApiErrorType =
  | 'Forbidden'
  | 'InvalidRequestID'
  | 'InvalidStateTransition'
  | 'RequestEntityTooLarge'
  | 'NotFound'
  | 'MethodNotAllowed';

const STATUS_CODES: Readonly<Record<RuntimeApiErrorType, number>> = {
  Forbidden: 403,
  InvalidRequestID: 400,
  InvalidStateTransition: 403,
  RequestEntityTooLarge: 413,
  NotFound: 404,
  MethodNotAllowed: 405,
};

/** 202: taken. */
export function sendAccepted(response: ServerResponse): void {
  response.writeHead(202, ['content-type', 'application/json', 'content-length', ACCEPTED.length]);
  response.end(ACCEPTED, 'latin1');
}

/** A refusal in the shape of the Runtime API's ErrorResponse. */
export function sendRuntimeApiError(
  response: ServerResponse,
  errorType: RuntimeApiErrorType,
  errorMessage: string,
): void {
  const body = Buffer.from(JSON.stringify({ errorType, errorMessage }));
  response.writeHead(STATUS_CODES[errorType], [
    'content-type',
    'application/json',
    'content-length',
    body.length,
  ]);
  response.end(body);
}

/** Answers a pending `next` with an invocation. */
export function sendInvocation(
  response: ServerResponse,
  invocation: RunningInvocation,
  invokedFunctionArn: string,
): void {
  const { request } = invocation;
  const headers: (string | number)[] = [
    RUNTIME_API_HEADERS.requestId,
    request.requestId,
    RUNTIME_API_HEADERS.deadlineMs,
    invocation.deadlineMs,
    RUNTIME_API_HEADERS.invokedFunctionArn,
    invokedFunctionArn,
    RUNTIME_API_HEADERS.traceId,
    request.traceId,
    'content-type',
    'application/json',
    'content-length',
    request.payload.length,
  ];
  if (request.clientContext !== undefined) {
    headers.push(RUNTIME_API_HEADERS.clientContext, request.clientContext);
  }
  sendBody(response, 200, { headers, body: request.payload });
}
