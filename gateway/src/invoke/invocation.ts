import type { Resolution } from '@mayfly/core';
import type { LambdaError } from '@mayfly/lambda-api';

/** One call of a function, whatever door it came through. */
export interface Invocation {
  readonly requestId: string;
  readonly target: Resolution & { readonly kind: 'resolved' };
  /** As the caller named it; `$LATEST` when unnamed. */
  readonly qualifier: string;
  /** JSON. */
  readonly payload: Buffer;
  readonly traceId: string;
  /** Base64 of JSON. */
  readonly clientContext: string | undefined;
  readonly wantsLogTail: boolean;
  /** Calls back when the client has gone. Returns the way to stop. Only used while the invocation waits. */
  readonly onDisconnect: (callback: () => void) => () => void;
}

/** What a function gave. */
export interface InvocationAnswer {
  readonly payload: Buffer;
  readonly executedVersion: string;
  readonly functionError: string | undefined;
  /** Base64 of the last 4 KB of the log. */
  readonly logResult: string | undefined;
}

/** How an invocation ended. */
export type InvocationOutcome =
  | { readonly kind: 'answered'; readonly answer: InvocationAnswer }
  | { readonly kind: 'refused'; readonly error: LambdaError }
  | { readonly kind: 'disconnected' };
