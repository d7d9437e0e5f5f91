/** What a caller of the invocation port gets. */
export type InvocationAnswer =
  /** The function, or its failure, answered. */
  | {
      readonly kind: 'answered';
      readonly payload: Buffer;
      readonly isFunctionError: boolean;
      readonly version: string;
      /** Base64 of the log's end, when it was asked for. */
      readonly logResult: string | undefined;
      /** Set on the first answer after an init phase. */
      readonly initDurationMs: number | undefined;
      /** Set when it came before the runtime asked for it. */
      readonly heldMs: number | undefined;
    }
  /** No runtime has seen it, and none will. */
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** The execution environment was destroyed under it: there is no answer. */
  | { readonly kind: 'dropped' };

/** Why the agent did not take an invocation. */
export interface Refusal {
  readonly statusCode: number;
  readonly errorType: string;
  readonly errorMessage: string;
}

/** Makes a refusal. */
export function refuse(statusCode: number, errorType: string, errorMessage: string): Refusal {
  return { statusCode, errorType, errorMessage };
}

/** What a caller asks for. */
export interface InvocationRequest {
  readonly requestId: string;
  readonly payload: Buffer;
  readonly invokedFunctionArn: string | undefined;
  readonly traceId: string;
  /** JSON text with ASCII characters only. */
  readonly clientContext: string | undefined;
  readonly wantsLogTail: boolean;
  readonly onAnswer: (answer: InvocationAnswer) => void;
}

/**
 * How far an invocation is: `accepted` (the runtime does not have it), `delivered` (the runtime works on
 * it), `answered` (only its last log lines are missing).
 */
export type InvocationStage = 'accepted' | 'delivered' | 'answered';

/** An invocation that the execution environment has taken. */
export interface RunningInvocation {
  readonly request: InvocationRequest;
  stage: InvocationStage;
  /** On the monotonic clock. */
  readonly acceptedAtMs: number;
  /** It came during init or reset. */
  readonly isHeld: boolean;
  /** Whether its clock runs: not yet during init and reset. */
  isStarted: boolean;
  /** On the monotonic clock. */
  startedAtMs: number;
  /** Since 1970. */
  deadlineMs: number;
  deadlineTimer: NodeJS.Timeout | undefined;
}

/** One that has just come. */
export function accept(
  request: InvocationRequest,
  { isHeld }: { readonly isHeld: boolean },
): RunningInvocation {
  return {
    request,
    stage: 'accepted',
    acceptedAtMs: performance.now(),
    isHeld,
    isStarted: false,
    startedAtMs: 0,
    deadlineMs: 0,
    deadlineTimer: undefined,
  };
}
