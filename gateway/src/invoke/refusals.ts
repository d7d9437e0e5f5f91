import type { Resolution } from '@mayfly/core';
import { LambdaError } from '@mayfly/lambda-api';
import type { Admitted } from './admission.ts';

const RETRY_AFTER_SECONDS = 1;

/** AWS's answer for a reference that leads nowhere. */
export function toResolutionError(
  resolution: Exclude<Resolution, { kind: 'resolved' }>,
  region: string,
): LambdaError {
  switch (resolution.kind) {
    case 'not-found':
      return functionNotFound(resolution.functionArn);
    case 'wrong-region':
      return new LambdaError(
        'ResourceNotFoundException',
        `Functions from '${resolution.region}' are not reachable in this region ('${region}')`,
      );
    case 'not-invocable': {
      const state = `The operation cannot be performed at this time. The function is currently in the following state: ${resolution.state}`;
      const reason = resolution.stateReason;
      const isWorthSaying = resolution.state !== 'Pending' && reason !== undefined;
      return new LambdaError(
        'ResourceConflictException',
        isWorthSaying ? `${state}. ${reason}` : state,
      );
    }
  }
}

/** The answer to an invocation that got no execution environment. */
export function toAdmissionError(
  outcome: Exclude<Admitted, { kind: 'admitted' | 'disconnected' | 'moved' }>,
  functionArn: string,
): LambdaError {
  switch (outcome.kind) {
    case 'throttled':
      return new LambdaError('TooManyRequestsException', 'Rate Exceeded.', {
        reason: outcome.reason,
      });
    case 'queue-full':
      return unavailable('Too many invocations of this function wait already.');
    case 'timed-out':
      return unavailable(
        outcome.trouble === undefined
          ? 'No execution environment became free in time.'
          : `No execution environment became free in time, and none could be made: ${outcome.trouble}`,
      );
    case 'unavailable':
      return unavailable(outcome.message);
    case 'removed':
      return functionNotFound(functionArn);
  }
}

function functionNotFound(functionArn: string): LambdaError {
  return new LambdaError('ResourceNotFoundException', `Function not found: ${functionArn}`);
}

function unavailable(message: string): LambdaError {
  return new LambdaError('ServiceUnavailableException', message, {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}
