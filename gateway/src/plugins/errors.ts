import { STATUS_CODES } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HEADERS, LambdaError, isLambdaError } from '@mayfly/lambda-api';
import { serialiseError } from '@mayfly/lambda-api/contract';
import type { Logger } from '@mayfly/telemetry';
import { toLoggedUrl } from './logged-url.ts';

/** Renders an error that was thrown below a route. Only what nobody planned for is logged. */
export function makeErrorHandler(logger: Logger, maxPayloadBytes: number) {
  return (thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const error = toLambdaError(thrown, maxPayloadBytes);
    if (error.code === 'ServiceException') {
      logger.error(
        { err: thrown, requestId: request.id, url: toLoggedUrl(request.url) },
        'request failed',
      );
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
  const { status, headers, body = '' } = serialiseError(error);
  return reply
    .code(status)
    .headers({ ...headers, [HEADERS.requestId]: request.id })
    .send(Buffer.from(body));
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
