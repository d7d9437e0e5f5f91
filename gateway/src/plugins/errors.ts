import { STATUS_CODES } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ERROR_CATALOGUE, HEADERS, LambdaError, isLambdaError } from '@mayfly/lambda-api';
import type { Logger } from '@mayfly/telemetry';

/** AWS spells the member with a capital for these, and SDKs read both. */
const CAPITAL_MESSAGE: ReadonlySet<string> = new Set(['ResourceNotFoundException']);

/** Body of an error answer as AWS writes it. */
export function toErrorBody(error: LambdaError): string {
  const isClientFault = ERROR_CATALOGUE[error.code].fault === 'client';
  const member = CAPITAL_MESSAGE.has(error.code) ? 'Message' : 'message';
  return JSON.stringify({
    ...(error.reason === undefined ? {} : { Reason: error.reason }),
    Type: isClientFault ? 'User' : 'Service',
    [member]: error.message,
  });
}

/** Renders an error that was thrown below a route. Only what nobody planned for is logged. */
export function makeErrorHandler(logger: Logger, maxPayloadBytes: number) {
  return (thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const error = toLambdaError(thrown, maxPayloadBytes);
    if (error.code === 'ServiceException') {
      logger.error({ err: thrown, requestId: request.id, url: request.url }, 'request failed');
    }
    return renderError(error, request, reply);
  };
}

/** Writes an error answer. */
export function renderError(
  error: LambdaError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (error.retryAfterSeconds !== undefined) {
    reply.header('retry-after', error.retryAfterSeconds.toString());
  }
  return reply
    .code(error.statusCode)
    .header(HEADERS.requestId, request.id)
    .header(HEADERS.errorType, error.code)
    .header('content-type', 'application/json')
    .send(Buffer.from(toErrorBody(error)));
}

/** What is thrown below a route, as an error of the API. */
export function toLambdaError(thrown: unknown, maxPayloadBytes: number): LambdaError {
  if (isLambdaError(thrown)) return thrown;
  const statusCode = statusCodeOf(thrown);
  if (statusCode === 413) {
    return new LambdaError(
      'RequestTooLargeException',
      `Request must be smaller than ${maxPayloadBytes.toString()} bytes for the InvokeFunction operation`,
    );
  }
  if (statusCode === undefined || statusCode >= 500) {
    return new LambdaError('ServiceException', 'An internal error occurred.', { cause: thrown });
  }
  const message = thrown instanceof Error ? thrown.message : (STATUS_CODES[statusCode] ?? '');
  return new LambdaError('InvalidRequestContentException', message, { cause: thrown });
}

function statusCodeOf(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('statusCode' in thrown)) return undefined;
  return typeof thrown.statusCode === 'number' ? thrown.statusCode : undefined;
}
