import {
  AdmissionQueue,
  type AdmissionOutcome,
  type Clock,
  type FleetLink,
  type GatewayHello,
  type GrantedExecutionEnvironment,
  type RevisionKey,
  type Timer,
} from '@mayfly/core';

/** What admission needs. */
export interface AdmissionDeps {
  readonly link: FleetLink;
  readonly clock: Clock;
  readonly onRemoved: (executionEnvironmentId: string) => void;
}

/** How long and how many may wait. */
export interface AdmissionConfig {
  readonly maxLength: number;
  readonly timeoutMs: number;
}

/** How asking for an execution environment ended. */
export type Admitted =
  | AdmissionOutcome
  | { readonly kind: 'timed-out'; readonly trouble: string | undefined }
  | { readonly kind: 'disconnected' };

const ACTIVITY_PERIOD_MS = 100;
const DEMAND_DELAY_MS = 2;

/** Gives the queue time, a link to the operator, and promises to those that wait. */
export class Admission {
  readonly #deps: AdmissionDeps;
  readonly #config: AdmissionConfig;
  readonly #queue: AdmissionQueue;
  readonly #unsubscribe: () => void;
  #activityTimer: Timer | undefined;
  #demandTimer: Timer | undefined;
  #isClosed = false;

  constructor(deps: AdmissionDeps, config: AdmissionConfig) {
    this.#deps = deps;
    this.#config = config;
    this.#queue = new AdmissionQueue({
      maxQueueLength: config.maxLength,
      send: (message) => {
        deps.link.send(message);
      },
      onRemoved: deps.onRemoved,
      onDemandChanged: () => {
        this.#demandTimer ??= deps.clock.after(DEMAND_DELAY_MS, () => {
          this.#demandTimer = undefined;
          this.#queue.flushDemand();
        });
      },
    });
    this.#unsubscribe = deps.link.onMessage((message) => {
      this.#queue.receive(message, deps.clock.now());
      this.#noteActivity();
    });
  }

  /** Invocations that wait. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  /**
   * Answers at once when something is idle or nothing can be had; else a promise. It waits until
   * `waitsUntilMs`, or as long as the configuration allows.
   */
  admit(
    key: RevisionKey,
    onDisconnect: (callback: () => void) => () => void,
    waitsUntilMs?: number,
  ): Admitted | Promise<Admitted> {
    const { promise, resolve } = Promise.withResolvers<Admitted>();
    const waiter = { settle: resolve };
    const nowMs = this.#deps.clock.now();
    const outcome = this.#queue.admit(key, waiter, nowMs);
    if (outcome.kind !== 'queued') {
      this.#noteActivity();
      return outcome;
    }
    const { timeoutMs } = this.#config;
    const waitMs = Math.min(timeoutMs, (waitsUntilMs ?? nowMs + timeoutMs) - nowMs);
    const timer = this.#deps.clock.after(waitMs, () => {
      const left = this.#queue.leave(waiter);
      if (left !== undefined) resolve({ kind: 'timed-out', ...left });
    });
    const forget = onDisconnect(() => {
      if (this.#queue.leave(waiter) !== undefined) resolve({ kind: 'disconnected' });
    });
    return promise.finally(() => {
      timer.cancel();
      forget();
    });
  }

  /**
   * The invocation on it has ended. After its first one the operator hears at once: an invocation that was held for the
   * length of init has been called busy, and somebody else may want its place at a limit.
   */
  complete(executionEnvironmentId: string, { isFirst = false } = {}): void {
    this.#queue.complete(executionEnvironmentId, this.#deps.clock.now());
    if (isFirst) this.#sendActivity();
    else this.#noteActivity();
  }

  /** It refused a connection or broke. */
  markDead(
    executionEnvironmentId: string,
    cause: { readonly message: string; readonly isLost: boolean },
  ): void {
    this.#queue.markDead(executionEnvironmentId, cause);
  }

  /** It runs an invocation that is not ours. */
  markOccupied(executionEnvironmentId: string): void {
    this.#queue.markOccupied(executionEnvironmentId);
  }

  /** An invocation of this revision would not have to wait. */
  hasIdle(key: RevisionKey): boolean {
    return this.#queue.hasIdle(key);
  }

  /** It is ours and runs nothing. */
  isIdle(executionEnvironmentId: string): boolean {
    return this.#queue.isIdle(executionEnvironmentId);
  }

  /** Idle ones that may have been lost together with this one. */
  suspectsOf(lost: GrantedExecutionEnvironment): readonly GrantedExecutionEnvironment[] {
    return this.#queue.suspectsOf(lost);
  }

  /** Those that wait for a function of another home are told so. */
  moveAway(isOurs: (functionId: string) => boolean): void {
    this.#queue.moveAway(isOurs);
  }

  /** What we have, for the operator at the other end of a new link. */
  hello(): Pick<GatewayHello, 'holding' | 'demands'> {
    return this.#queue.hello(this.#deps.clock.now());
  }

  /** Invocations that wait for `from` are served by `to`, or are told that there is no such function. */
  leaveRevision(from: RevisionKey, to: RevisionKey | undefined): void {
    if (to === undefined) this.#queue.abandon(from);
    else this.#queue.supersede(from, to, this.#deps.clock.now());
  }

  /** Says the last words to the operator and stops listening. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#unsubscribe();
    this.#activityTimer?.cancel();
    this.#demandTimer?.cancel();
    this.#queue.flushDemand();
    this.#sendActivity();
  }

  #noteActivity(): void {
    if (this.#activityTimer !== undefined || this.#isClosed) return;
    this.#activityTimer = this.#deps.clock.after(ACTIVITY_PERIOD_MS, () => {
      this.#activityTimer = undefined;
      this.#sendActivity();
    });
  }

  #sendActivity(): void {
    const activity = this.#queue.drainActivity();
    if (activity !== undefined) this.#deps.link.send(activity);
  }
}
