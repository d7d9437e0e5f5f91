import type { ThrottleReason } from '@mayfly/lambda-api';
import type { GrantedExecutionEnvironment, StartDurations } from '../ports/fleet-link.ts';
import type { RevisionKey } from '../ports/revision-key.ts';
import type { IdleList } from './idle-list.ts';

/** How waiting ended. */
export type AdmissionOutcome =
  | {
      readonly kind: 'admitted';
      readonly executionEnvironment: GrantedExecutionEnvironment;
      /** Where it was started while this one waited: what that took. */
      readonly start?: StartDurations;
    }
  | { readonly kind: 'throttled'; readonly reason: ThrottleReason }
  | { readonly kind: 'queue-full' }
  | { readonly kind: 'unavailable'; readonly message: string }
  /** The function has been deleted. */
  | { readonly kind: 'removed' }
  /** The function's home is another gateway now: it waits there. */
  | { readonly kind: 'moved' };

/** An invocation that may have to wait. Its identity is the object. */
export interface Waiter {
  /** Called once, later, when `admit` answered `queued` and the waiter has not left. */
  settle(outcome: AdmissionOutcome): void;
}

/** What is remembered of a function. */
export interface FunctionState {
  readonly revisions: Set<RevisionState>;
  waiting: number;
}

/** What is remembered of a revision. */
export interface RevisionState {
  readonly id: string;
  readonly key: RevisionKey;
  readonly function: FunctionState;
  /** Empty whenever somebody waits. */
  readonly idle: IdleList<Slot>;
  /** Oldest first. */
  readonly waiters: Set<Waiter>;
  slots: number;
  /** Execution environments that the operator is making. */
  coming: number;
  saidDemand: number;
  refusal: { readonly reason: ThrottleReason; readonly untilMs: number } | undefined;
  /** Why the last execution environment could not be made. */
  trouble: string | undefined;
  /** How long its invocations take, lately; undefined before the first one has ended. */
  typicalMs: number | undefined;
}

/** An execution environment that is ours. */
export interface Slot {
  readonly executionEnvironment: GrantedExecutionEnvironment;
  readonly revision: RevisionState;
  isBusy: boolean;
  busySinceMs: number;
  idleSinceMs: number;
  isRevoked: boolean;
}
