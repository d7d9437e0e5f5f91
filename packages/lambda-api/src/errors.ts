import { MODELLED_ERRORS } from './contract/generated/modelled-errors.ts';

/**
 * Every error the Lambda API can answer with: AWS exception name → HTTP status and who is at fault. Those of the service
 * model come from the contract; here are those of AWS's framework, and ours.
 * `client` faults are the caller's to mend, `service` faults are ours.
 */
export const ERROR_CATALOGUE = {
  ...MODELLED_ERRORS,
  ValidationException: { statusCode: 400, fault: 'client' },
  SerializationException: { statusCode: 400, fault: 'client' },
  AccessDeniedException: { statusCode: 403, fault: 'client' },
  ExpiredTokenException: { statusCode: 403, fault: 'client' },
  IncompleteSignatureException: { statusCode: 403, fault: 'client' },
  InvalidSignatureException: { statusCode: 403, fault: 'client' },
  MissingAuthenticationTokenException: { statusCode: 403, fault: 'client' },
  UnrecognizedClientException: { statusCode: 403, fault: 'client' },
  UnknownOperationException: { statusCode: 404, fault: 'client' },
  MethodNotAllowedException: { statusCode: 405, fault: 'client' },
  RequestEntityTooLargeException: { statusCode: 413, fault: 'client' },
  NotImplementedException: { statusCode: 501, fault: 'service' },
  BadGatewayException: { statusCode: 502, fault: 'service' },
  ServiceUnavailableException: { statusCode: 503, fault: 'service' },
} as const satisfies Record<string, { statusCode: number; fault: 'client' | 'service' }>;

/** The AWS exception name, as clients see it in `x-amzn-ErrorType`. */
export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** Why an invocation was throttled: the `Reason` member of `TooManyRequestsException`. */
export type ThrottleReason =
  'ReservedFunctionConcurrentInvocationLimitExceeded' | 'ConcurrentInvocationLimitExceeded';

/** Extra members and headers of an error answer. */
export interface LambdaErrorOptions extends ErrorOptions {
  /** `Reason` of a throttle. */
  readonly reason?: ThrottleReason;
  /** Seconds for the `Retry-After` header. */
  readonly retryAfterSeconds?: number;
}

/** A failure with an answer: thrown anywhere below a route, rendered by the gateway's error handler. */
export class LambdaError extends Error {
  override readonly name = 'LambdaError';
  readonly code: ErrorCode;
  readonly reason: ThrottleReason | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options: LambdaErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.reason = options.reason;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  /** The HTTP status of the catalogue. */
  get statusCode(): number {
    return ERROR_CATALOGUE[this.code].statusCode;
  }
}

/** Recognises a LambdaError by its code: two copies of this package may be loaded. */
export function isLambdaError(error: unknown): error is LambdaError {
  return error instanceof Error && 'code' in error && String(error.code) in ERROR_CATALOGUE;
}
