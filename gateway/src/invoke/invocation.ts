import type { RevisionKey } from '@mayfly/core';
import type { LambdaError } from '@mayfly/lambda-api';

/** The version that an invocation runs, and what giving it to an execution environment needs to know of it. */
export interface InvocationTarget {
  readonly key: RevisionKey;
  /** `$LATEST` or a number. */
  readonly version: string;
  /** As the caller named it. */
  readonly invokedFunctionArn: string;
  readonly configuration: {
    /** Seconds. */
    readonly timeout: number;
    readonly scaling?: { readonly initSeconds: number } | undefined;
  };
}

/** One call of a function, whatever door it came through. */
export interface Invocation {
  readonly requestId: string;
  readonly target: InvocationTarget;
  /** As the caller named it; `$LATEST` when unnamed. */
  readonly qualifier: string;
  /** JSON. */
  readonly payload: Buffer;
  readonly traceId: string;
  /** Base64 of JSON. */
  readonly clientContext: string | undefined;
  readonly wantsLogTail: boolean;
  /** Calls back when the client has gone. Returns the way to stop. What runs already runs to its end. */
  readonly onDisconnect: (callback: () => void) => () => void;
}

/** What a function gave. */
export interface InvocationAnswer {
  readonly payload: Buffer;
  readonly executedVersion: string;
  readonly functionError: string | undefined;
  /** Base64 of the last 4 KB of the log. */
  readonly logResult: string | undefined;
  /** Where the time went, of one that waited for a start; see `describeColdStart`. */
  readonly coldStart: string | undefined;
}

/** How an invocation ended. */
export type InvocationOutcome =
  | { readonly kind: 'answered'; readonly answer: InvocationAnswer }
  | { readonly kind: 'refused'; readonly error: LambdaError }
  | { readonly kind: 'disconnected' };

/** How acting as home for an invocation ended. */
export type HomeOutcome =
  | InvocationOutcome
  /** It waited, nobody has seen it, and the function's home is another gateway now. */
  | { readonly kind: 'moved' };

/** Takes invocations, whatever door they came through. */
export interface InvocationTaker {
  /** Never rejects for what a function, a limit, a dying execution environment or gateway can do. */
  invoke(invocation: Invocation): Promise<InvocationOutcome>;
}

/** Seconds of the init phase where a function does not say. */
export const DEFAULT_INIT_SECONDS = 10;
/** Time for the agent to notice a timeout by itself, kill and report, before the gateway gives it up. */
const DISPATCH_MARGIN_MS = 5000;

/** How long the answer of an execution environment may take. */
export function computeDispatchDeadlineMs({ configuration }: InvocationTarget): number {
  const { timeout, scaling } = configuration;
  // timeout 3 s, init 10 s: 3,000 + 10,000 + 5,000 = 18 s until a silent agent is given up.
  return (timeout + (scaling?.initSeconds ?? DEFAULT_INIT_SECONDS)) * 1000 + DISPATCH_MARGIN_MS;
}
