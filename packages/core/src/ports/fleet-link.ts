import type { ThrottleReason } from '@mayfly/lambda-api';
import type { ExecutionEnvironmentAddress } from './execution-environment-driver.ts';

/** A revision of a function: what an execution environment is bound to and a queue waits for. */
export interface RevisionKey {
  readonly namespace: string;
  readonly functionName: string;
  readonly revision: string;
}

/** An execution environment as a gateway sees it. */
export interface GrantedExecutionEnvironment extends RevisionKey, ExecutionEnvironmentAddress {
  readonly executionEnvironmentId: string;
  /** `$LATEST` or a number. */
  readonly version: string;
  /** Milliseconds the operator's side of the cold start took, for the log: request of demand to grant. */
  readonly startDurationMs: number;
}

/** What a gateway tells the operator. Never sent per invocation, but for the first one that must wait. */
export type GatewayMessage =
  /** So many invocations wait for this revision. 0 takes the demand back. Replaces what was said before. */
  | { readonly kind: 'demand'; readonly key: RevisionKey; readonly queued: number }
  /** What changed since the last one, coalesced: who went idle (when) and who is busy. */
  | {
      readonly kind: 'activity';
      readonly idle: readonly {
        readonly executionEnvironmentId: string;
        readonly sinceMs: number;
      }[];
      readonly busy: readonly string[];
    }
  /** Answer to `revoke`: it was idle (or has become so) and has left the idle list. */
  | { readonly kind: 'released'; readonly executionEnvironmentId: string }
  /** It refused a connection or broke: it takes nothing any more. */
  | { readonly kind: 'dead'; readonly executionEnvironmentId: string; readonly message: string };

/** What the operator tells a gateway. */
export type OperatorMessage =
  /** A new execution environment that is ready for its first invocation. */
  | { readonly kind: 'grant'; readonly executionEnvironment: GrantedExecutionEnvironment }
  /**
   * Answer to `demand`: `coming` execution environments are being made. With a refusal, invocations waiting
   * beyond `coming` are throttled, and so are later ones until one frees or `lift` comes.
   */
  | {
      readonly kind: 'outlook';
      readonly key: RevisionKey;
      readonly coming: number;
      readonly refusal: ThrottleReason | undefined;
    }
  /** There is headroom again for this function. */
  | { readonly kind: 'lift'; readonly namespace: string; readonly functionName: string }
  /** Waiting invocations cannot be served: no execution environment can be made. */
  | { readonly kind: 'unavailable'; readonly key: RevisionKey; readonly message: string }
  /** Give this one back: at once when idle, else after what it runs. Answered by `released`. */
  | { readonly kind: 'revoke'; readonly executionEnvironmentId: string }
  /** It exists no more. */
  | { readonly kind: 'gone'; readonly executionEnvironmentId: string };

/** The gateway's end of the link to the operator. */
export interface FleetLink {
  send(message: GatewayMessage): void;
  /** Calls back for every message of the operator, in order. Returns the way to stop. */
  onMessage(listener: (message: OperatorMessage) => void): () => void;
}

/** The operator's end: one link per gateway. */
export interface FleetLinkServer {
  send(message: OperatorMessage): void;
  onMessage(listener: (message: GatewayMessage) => void): () => void;
}
