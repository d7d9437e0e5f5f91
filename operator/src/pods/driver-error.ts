import { DriverUnavailableError } from '@mayfly/core';

const UNREACHABLE = 'KubeUnreachableError';

/** HTTP status of a refusal; undefined: there was no answer. */
export function statusOf(error: unknown): unknown {
  return error instanceof Error && 'status' in error ? error.status : undefined;
}

/** No answer, too many requests or a failure of the server itself: nothing is wrong with what was asked. */
export function toDriverError(gerund: string, cause: unknown): Error {
  const detail = cause instanceof Error ? cause.message : String(cause);
  const status = statusOf(cause);
  const isBusy = typeof status === 'number' && (status === 429 || status >= 500);
  const isUnreachable = cause instanceof Error && cause.name === UNREACHABLE;
  const Kind = isBusy || isUnreachable ? DriverUnavailableError : Error;
  return new Kind(`${gerund}: ${detail}`, { cause });
}
