import type { InitFailure, InitOutcome, ReportFacts } from '@mayfly/core';
import { describeFailure, makeFunctionError } from './function-error.ts';
import type { RunningInvocation } from './invocation.ts';
import type { BodyOutcome } from './read-body.ts';
import type { AnswerKind } from './runtime-api-server.ts';
import type { RuntimeFailure } from './runtime.ts';

/** How an invocation ended, for its caller and for its REPORT. */
export interface Outcome {
  readonly payload: Buffer;
  readonly isFunctionError: boolean;
  readonly status: ReportFacts['status'];
  /** Only when the runtime itself failed. */
  readonly errorType?: string;
}

/** How a runtime failed: `payload` replaces the sentence when the runtime sent a body of its own. */
export interface Failure extends RuntimeFailure {
  readonly status: 'error' | 'timeout';
  readonly payload?: Buffer;
}

/** How an init phase ended, for whoever waits for it. */
export interface InitReport {
  readonly initOutcome: InitOutcome;
  readonly initDurationMs: number;
  readonly initFailure?: InitFailure;
}

/** What is said of an init phase that failed: the runtime's own words where it had some. */
export function toInitReport(failure: Failure, initDurationMs: number): InitReport {
  const { status, errorType, reason, payload } = failure;
  const errorMessage = readErrorMessage(payload) ?? reason;
  return { initOutcome: status, initDurationMs, initFailure: { errorType, errorMessage } };
}

function readErrorMessage(payload: Buffer | undefined): string | undefined {
  const message = payload && parseMembers(payload)['errorMessage'];
  return typeof message === 'string' && message !== '' ? message : undefined;
}

function parseMembers(payload: Buffer): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(payload.toString());
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  } catch {
    // A body that is not JSON is passed on as it is.
    return {};
  }
}

/** What came with an answer besides its body. */
export interface AnswerFacts {
  readonly kind: AnswerKind;
  readonly errorTypeHeader: string | string[] | undefined;
  readonly maxResponseBytes: number;
}

/** What a runtime's answer means for the caller. Bodies are passed on as they are. */
export function toOutcome(
  body: Exclude<BodyOutcome, { kind: 'aborted' }>,
  facts: AnswerFacts,
): Outcome {
  if (body.kind === 'tooLarge') {
    const errorType = 'Function.ResponseSizeTooLarge';
    const payload = makeFunctionError(errorType, describeTooLarge(facts.maxResponseBytes));
    return { payload, isFunctionError: true, status: 'error', errorType };
  }
  if (facts.kind === 'response') {
    return { payload: body.body, isFunctionError: false, status: 'success' };
  }
  const isEmpty = body.body.length === 0;
  const payload = isEmpty
    ? makeFunctionError(parseErrorType(facts.errorTypeHeader, body), '')
    : body.body;
  return { payload, isFunctionError: true, status: 'error' };
}

/** Lambda's sentence for an answer over the limit. */
export function describeTooLarge(maxResponseBytes: number): string {
  return `Response payload size exceeded maximum allowed payload size (${maxResponseBytes.toString()} bytes).`;
}

/** What the failure of a runtime means for the caller of an invocation. */
export function toFailedOutcome(invocation: RunningInvocation, failure: Failure): Outcome {
  const { errorType, status, reason } = failure;
  const message = describeFailure(invocation.request.requestId, reason);
  const payload = failure.payload ?? makeFunctionError(errorType, message);
  return { payload, isFunctionError: true, status, errorType };
}

const MAX_ERROR_TYPE_LENGTH = 256;

/** The header, or the body's errorType, or what Lambda says when a runtime names none. */
export function parseErrorType(
  header: string | string[] | undefined,
  outcome: BodyOutcome,
): string {
  if (typeof header === 'string' && header !== '') return header.slice(0, MAX_ERROR_TYPE_LENGTH);
  if (outcome.kind !== 'complete') return 'Runtime.UnknownReason';
  const { errorType } = parseMembers(outcome.body);
  if (typeof errorType !== 'string') return 'Runtime.UnknownReason';
  return errorType.slice(0, MAX_ERROR_TYPE_LENGTH);
}
