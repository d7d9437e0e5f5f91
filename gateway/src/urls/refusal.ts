import { isLambdaError, HEADERS, type ErrorCode, type LambdaError } from '@mayfly/lambda-api';
import type { Logger } from '@mayfly/telemetry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { toLambdaError } from '../plugins/errors.ts';

/** An answer that says nothing of what is inside. */
export interface UrlRefusal {
  readonly statusCode: number;
  readonly body: Readonly<Record<string, string | undefined>>;
}

interface Sentence {
  readonly statusCode: number;
  readonly message: string;
}

const OTHER: Sentence = { statusCode: 502, message: 'Internal Server Error' };
const REFUSALS: Partial<Record<ErrorCode, Sentence>> = {
  InvalidRequestContentException: { statusCode: 400, message: 'Bad Request' },
  AccessDeniedException: { statusCode: 403, message: 'Forbidden' },
  ResourceNotFoundException: { statusCode: 404, message: 'Not Found' },
  RequestTooLargeException: { statusCode: 413, message: 'Request Entity Too Large' },
  ServiceUnavailableException: { statusCode: 503, message: 'Service Unavailable' },
};
/** What is wrong with a signature is said in AWS's words: it is about what the caller sent, and nothing else. */
const OF_SIGNATURES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ExpiredTokenException',
  'IncompleteSignatureException',
  'InvalidSignatureException',
  'UnrecognizedClientException',
]);
/** Their sentences are always the same, and anybody can make a flood of them. */
const NOT_WORTH_A_LINE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ...OF_SIGNATURES,
  'AccessDeniedException',
  'InvalidRequestContentException',
  'RequestTooLargeException',
  'TooManyRequestsException',
]);

/** What a caller of a function URL, who may be anybody, is told instead of the error's own message. */
export function toUrlRefusal({
  code,
  reason,
  message: ownMessage,
}: Pick<LambdaError, 'code' | 'reason' | 'message'>): UrlRefusal {
  if (OF_SIGNATURES.has(code)) return { statusCode: 403, body: { message: ownMessage } };
  if (code === 'TooManyRequestsException') {
    // As the API says it: which limit it was is one of two words.
    return { statusCode: 429, body: { Reason: reason, Type: 'User', message: 'Rate Exceeded.' } };
  }
  const { statusCode, message } = REFUSALS[code] ?? OTHER;
  return { statusCode, body: { Message: message } };
}

/** Answers for whatever was thrown below the route of a function URL; why it was is in the log only. */
export function makeUrlErrorHandler({
  logger,
  maxPayloadBytes,
}: {
  readonly logger: Logger;
  readonly maxPayloadBytes: number;
}) {
  return (thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const error = toLambdaError(thrown, maxPayloadBytes);
    // Queries carry secrets of callers.
    const [path] = request.url.split('?', 1);
    const fields = { requestId: request.id, path, code: error.code };
    if (!isLambdaError(thrown) && error.code === 'ServiceException') {
      logger.error({ ...fields, err: thrown }, 'request failed');
    } else if (!NOT_WORTH_A_LINE.has(error.code)) {
      logger.warn({ ...fields, reason: error.message }, 'call of a function url was refused');
    }
    const { statusCode, body } = toUrlRefusal(error);
    if (error.retryAfterSeconds !== undefined) {
      reply.header('retry-after', error.retryAfterSeconds.toString());
    }
    return reply
      .code(statusCode)
      .header(HEADERS.requestId, request.id)
      .header(HEADERS.errorType, error.code)
      .header('content-type', 'application/json')
      .send(Buffer.from(JSON.stringify(body)));
  };
}
