import { type ServiceError, status } from '@grpc/grpc-js';
import { CodeStoreUnavailableError } from '@mayfly/core';
import type { ClientLease, OperatorClients } from './operator-clients.ts';

/** When the other end takes more. */
export function drained(call: NodeJS.EventEmitter): Promise<void> {
  return new Promise((resolve) => {
    call.once('drain', resolve);
  });
}

/** Returns the way to stop listening. */
export function cancelOn(signal: AbortSignal, call: { cancel(): void }): () => void {
  const cancel = (): void => {
    call.cancel();
  };
  signal.addEventListener('abort', cancel);
  if (signal.aborted) cancel();
  return () => {
    signal.removeEventListener('abort', cancel);
  };
}

/** The operator's own words for what went wrong there; all else is that it cannot be reached. */
const OF_THE_OPERATOR: ReadonlySet<unknown> = new Set([status.UNKNOWN, status.NOT_FOUND]);

/** What a call that broke comes to. */
export function explainCall(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (!isServiceError(error) || OF_THE_OPERATOR.has(error.code)) return error;
  return new CodeStoreUnavailableError('asking the operator', { cause: error });
}

/** An error of the gRPC library. */
export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'details' in error;
}

/** A connection that may be long in coming: who has gone meanwhile does not wait for it. */
export async function leaseUnlessAborted(
  clients: OperatorClients,
  signal: AbortSignal,
): Promise<ClientLease> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const stop = (): void => {
    aborted.reject(signal.reason as Error);
  };
  signal.addEventListener('abort', stop);
  const leasing = clients.lease();
  try {
    return await Promise.race([leasing, aborted.promise]);
  } catch (error) {
    leasing.then(
      (lease) => {
        lease.release(true);
      },
      () => undefined,
    );
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
