import type { IncomingHttpHeaders } from 'node:http';
import { AGENT_HEADERS } from '@mayfly/core';
import {
  ERROR_CATALOGUE,
  HEADERS,
  LambdaError,
  type ErrorCode,
  type ThrottleReason,
} from '@mayfly/lambda-api';
import { z } from 'zod';
import type {
  HomeOutcome,
  Invocation,
  InvocationAnswer,
  InvocationTarget,
} from '../invoke/invocation.ts';
import { COLD_START_HEADER } from '../invoke/cold-start.ts';
import { DEFAULT_INIT_SECONDS } from '../invoke/invocation.ts';

/** Where gateways take invocations from each other. */
export const INTERNAL_INVOCATIONS_PATH = '/internal/v1/invocations';

/** Headers between gateways, besides those that go on to the agent. */
const FORWARD_HEADERS = {
  namespace: 'x-mayfly-namespace',
  functionName: 'x-mayfly-function',
  revision: 'x-mayfly-revision',
  version: 'x-mayfly-version',
  qualifier: 'x-mayfly-qualifier',
  timeoutSeconds: 'x-mayfly-timeout-seconds',
  initSeconds: 'x-mayfly-init-seconds',
  /** Milliseconds that it may still wait: the clocks of two machines differ. */
  waitMs: 'x-mayfly-wait-ms',
  /** Present: it is taken only if it need not wait. */
  onlyIfIdle: 'x-mayfly-only-if-idle',
  /** On every answer of a gateway: kind of the outcome. Without it, somebody else has answered. */
  outcome: 'x-mayfly-outcome',
} as const;

/** An invocation as it came over the wire. Its payload and its caller are added by who reads it. */
export interface ForwardedInvocation extends Omit<Invocation, 'payload' | 'onDisconnect'> {
  readonly waitMs: number;
  readonly onlyIfIdle: boolean;
}

/** How an invocation is given to another gateway. */
export interface ForwardTerms {
  /** It waits there for so long at the longest. */
  readonly waitMs: number;
  /** It does not wait there at all: it is taken only if something is idle. */
  readonly onlyIfIdle: boolean;
}

/** Everything but the payload. */
export function toForwardHeaders(
  invocation: Invocation,
  { waitMs, onlyIfIdle }: ForwardTerms,
): string[] {
  const { target } = invocation;
  const { configuration, key } = target;
  const headers = [
    FORWARD_HEADERS.namespace,
    key.namespace,
    FORWARD_HEADERS.functionName,
    key.functionName,
    FORWARD_HEADERS.revision,
    key.revision,
    FORWARD_HEADERS.version,
    target.version,
    FORWARD_HEADERS.qualifier,
    invocation.qualifier,
    FORWARD_HEADERS.timeoutSeconds,
    configuration.timeout.toString(),
    FORWARD_HEADERS.initSeconds,
    (configuration.scaling?.initSeconds ?? DEFAULT_INIT_SECONDS).toString(),
    FORWARD_HEADERS.waitMs,
    waitMs.toString(),
    AGENT_HEADERS.invokedFunctionArn,
    target.invokedFunctionArn,
    HEADERS.requestId,
    invocation.requestId,
    HEADERS.traceId,
    invocation.traceId,
  ];
  if (invocation.clientContext !== undefined) {
    headers.push(HEADERS.clientContext, invocation.clientContext);
  }
  if (invocation.wantsLogTail) headers.push(HEADERS.logType, 'Tail');
  if (onlyIfIdle) headers.push(FORWARD_HEADERS.onlyIfIdle, 'yes');
  return headers;
}

const Count = z.coerce.number().int().nonnegative();
const ForwardHeaders = z.object({
  [FORWARD_HEADERS.namespace]: z.string().min(1),
  [FORWARD_HEADERS.functionName]: z.string().min(1),
  [FORWARD_HEADERS.revision]: z.string().min(1),
  [FORWARD_HEADERS.version]: z.string().min(1),
  [FORWARD_HEADERS.qualifier]: z.string().min(1),
  [FORWARD_HEADERS.timeoutSeconds]: Count,
  [FORWARD_HEADERS.initSeconds]: Count,
  [FORWARD_HEADERS.waitMs]: Count,
  [FORWARD_HEADERS.onlyIfIdle]: z.string().optional(),
  [AGENT_HEADERS.invokedFunctionArn]: z.string().min(1),
  [HEADERS.requestId]: z.string().min(1),
  [HEADERS.traceId]: z.string(),
  [HEADERS.clientContext]: z.string().optional(),
  [HEADERS.logType]: z.string().optional(),
});

/** Undefined when it is no invocation: another release of ours, or nobody of ours. */
export function parseForwardHeaders(headers: IncomingHttpHeaders): ForwardedInvocation | undefined {
  const parsed = ForwardHeaders.safeParse(headers);
  if (!parsed.success) return undefined;
  const read = parsed.data;
  const target: InvocationTarget = {
    key: {
      namespace: read[FORWARD_HEADERS.namespace],
      functionName: read[FORWARD_HEADERS.functionName],
      revision: read[FORWARD_HEADERS.revision],
    },
    version: read[FORWARD_HEADERS.version],
    invokedFunctionArn: read[AGENT_HEADERS.invokedFunctionArn],
    configuration: {
      timeout: read[FORWARD_HEADERS.timeoutSeconds],
      scaling: { initSeconds: read[FORWARD_HEADERS.initSeconds] },
    },
  };
  return {
    requestId: read[HEADERS.requestId],
    target,
    qualifier: read[FORWARD_HEADERS.qualifier],
    traceId: read[HEADERS.traceId],
    clientContext: read[HEADERS.clientContext],
    wantsLogTail: read[HEADERS.logType] === 'Tail',
    waitMs: read[FORWARD_HEADERS.waitMs],
    onlyIfIdle: read[FORWARD_HEADERS.onlyIfIdle] !== undefined,
  };
}

/** An answer on the internal port. */
export interface OutcomeMessage {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** An outcome that somebody still waits for. */
export type TellableOutcome = Exclude<HomeOutcome, { kind: 'disconnected' }>;

const EMPTY = Buffer.alloc(0);

/** Writes down how it ended. */
export function toOutcomeMessage(outcome: TellableOutcome): OutcomeMessage {
  const kind = { [FORWARD_HEADERS.outcome]: outcome.kind };
  switch (outcome.kind) {
    case 'answered':
      return {
        statusCode: 200,
        headers: { ...kind, ...toAnswerHeaders(outcome.answer) },
        body: outcome.answer.payload,
      };
    case 'refused': {
      const { error } = outcome;
      const { message, reason, retryAfterSeconds } = error;
      return {
        statusCode: error.statusCode,
        headers: { ...kind, [HEADERS.errorType]: error.code },
        body: Buffer.from(JSON.stringify({ message, reason, retryAfterSeconds })),
      };
    }
    case 'moved':
      return { statusCode: 503, headers: kind, body: EMPTY };
  }
}

function toAnswerHeaders(answer: InvocationAnswer): Record<string, string> {
  const headers: Record<string, string> = { [HEADERS.executedVersion]: answer.executedVersion };
  if (answer.functionError !== undefined) headers[HEADERS.functionError] = answer.functionError;
  if (answer.logResult !== undefined) headers[HEADERS.logResult] = answer.logResult;
  if (answer.coldStart !== undefined) headers[COLD_START_HEADER] = answer.coldStart;
  return headers;
}

/** On the answer of a gateway that did not take the request for an invocation: nobody has seen it. */
export const NOT_TAKEN_HEADERS = { [FORWARD_HEADERS.outcome]: 'not-taken' } as const;

/**
 * Reads an outcome. `not-taken`: the gateway says that it took nothing. `foreign`: no answer of a gateway, a
 * proxy's maybe: the function may run, whatever the status says.
 */
export function fromOutcomeMessage({
  headers,
  body,
}: {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}): TellableOutcome | { readonly kind: 'not-taken' } | { readonly kind: 'foreign' } {
  switch (single(headers[FORWARD_HEADERS.outcome]) ?? '') {
    case 'answered':
      return {
        kind: 'answered',
        answer: {
          payload: body,
          executedVersion: single(headers[HEADERS.executedVersion]) ?? '$LATEST',
          functionError: single(headers[HEADERS.functionError]),
          logResult: single(headers[HEADERS.logResult]),
          coldStart: single(headers[COLD_START_HEADER]),
        },
      };
    case 'refused': {
      const error = parseError(single(headers[HEADERS.errorType]), body);
      return error === undefined ? { kind: 'foreign' } : { kind: 'refused', error };
    }
    case 'moved':
      return { kind: 'moved' };
    case 'not-taken':
      return { kind: 'not-taken' };
    default:
      return { kind: 'foreign' };
  }
}

const ErrorBody = z.object({
  message: z.string(),
  reason: z.string().optional(),
  retryAfterSeconds: z.number().optional(),
});

/** Undefined when somebody in between has put another body in its place. */
function parseError(code: string | undefined, body: Buffer): LambdaError | undefined {
  const parsed = ErrorBody.safeParse(parseJson(body));
  if (!parsed.success) return undefined;
  const { message, reason, retryAfterSeconds } = parsed.data;
  return new LambdaError(isErrorCode(code) ? code : 'ServiceException', message, {
    // A reason of a newer release is passed on as it is.
    ...(reason === undefined ? {} : { reason: reason as ThrottleReason }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

function isErrorCode(code: string | undefined): code is ErrorCode {
  return code !== undefined && Object.hasOwn(ERROR_CATALOGUE, code);
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
