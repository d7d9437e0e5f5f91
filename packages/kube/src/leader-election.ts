import type { Clock, Timer } from '@mayfly/core';
import { decideLease } from './decide-lease.ts';
import { isAborted } from './is-aborted.ts';
import { isKubeError } from './kube-error.ts';
import type { LeaseRecord, LeaseStore } from './lease.ts';

/** What an election needs. */
export interface LeaderElectionDeps {
  readonly leases: LeaseStore;
  /** Name of this candidate; no other may have it. */
  readonly identity: string;
  readonly clock: Clock;
  /** The signal aborts when it leads no more. */
  readonly onStartedLeading: (signal: AbortSignal) => void;
  /** It has lost the Lease, or could not renew it in time: another one may lead by now. */
  readonly onLost: () => void;
  readonly onError: (error: unknown) => void;
  /** How long a Lease holds without being renewed. */
  readonly leaseDurationMs?: number;
  /** A leader that could not renew for so long stops, before another one may begin: less than `leaseDurationMs`. */
  readonly renewDeadlineMs?: number;
  readonly retryPeriodMs?: number;
  /** By how much it lets others go first when the Lease is free: asked each time. Default: 0. */
  readonly handicapMs?: () => number;
}

const DEFAULTS = {
  leaseDurationMs: 15_000,
  renewDeadlineMs: 10_000,
  retryPeriodMs: 2_000,
} as const;

/**
 * One candidate for a Lease: at most one of all candidates leads at a time. Time is measured by timers alone:
 * a clock that is set while it runs makes nobody lead too early or too long.
 */
export class LeaderElection {
  readonly #deps: LeaderElectionDeps & typeof DEFAULTS;
  readonly #stop = new AbortController();
  #seen: LeaseRecord | undefined;
  #unchangedMs = 0;
  #leading: AbortController | undefined;
  /** Ends the leadership when the Lease is not renewed before. */
  #validity: Timer | undefined;
  /** A write may have reached the API server even if its answer has not come back. */
  #mayHold = false;
  #running: Promise<void> | undefined;

  constructor(deps: LeaderElectionDeps) {
    this.#deps = { ...DEFAULTS, ...deps } as LeaderElectionDeps & typeof DEFAULTS;
  }

  /** Runs for the Lease until `close`. */
  start(): void {
    this.#running ??= this.#run();
  }

  get isLeading(): boolean {
    return this.#leading !== undefined;
  }

  /** Stops and gives the Lease back, so that the next one need not wait for it to run out. */
  async close(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    await this.#running;
    this.#validity?.cancel();
    this.#leading?.abort();
    this.#leading = undefined;
    if (this.#mayHold) await this.#release();
  }

  async #run(): Promise<void> {
    const { retryPeriodMs, onError, clock } = this.#deps;
    while (!this.#stop.signal.aborted) {
      // The period is from one attempt to the next: a slow answer does not make the next one later still.
      const { promise: nextTurn, resolve } = Promise.withResolvers<undefined>();
      const timer = clock.after(retryPeriodMs, () => {
        this.#unchangedMs += retryPeriodMs;
        resolve(undefined);
      });
      try {
        await this.#try();
      } catch (error) {
        const isConflict = isKubeError(error, 409);
        if (!isAborted(this.#stop.signal) && !isConflict) onError(error);
        // A leader whose Lease has been written by another looks at once.
        if (isConflict && this.isLeading) resolve(undefined);
      }
      await this.#untilStopped(nextTurn);
      timer.cancel();
    }
  }

  async #try(): Promise<void> {
    const { clock, renewDeadlineMs } = this.#deps;
    const record = await this.#look();
    const attempt = new AbortController();
    // From before the write: what the API server writes down may be as old as this.
    const deadline = clock.after(renewDeadlineMs, () => {
      attempt.abort(new Error('writing the Lease: no answer in time'));
      if (this.#validity === deadline) this.#lose();
    });
    let isOurs = false;
    try {
      isOurs = await this.#renew(record, AbortSignal.any([this.#stop.signal, attempt.signal]));
    } finally {
      if (!isOurs) deadline.cancel();
    }
    // Too late to be of use: others may have waited for as long.
    if (!isOurs || attempt.signal.aborted) return;
    this.#validity?.cancel();
    this.#validity = deadline;
    if (!this.isLeading && !this.#stop.signal.aborted) this.#lead();
  }

  /** A leader knows what it wrote last; to ask first would cost a slow API server's answer each time. */
  async #look(): Promise<LeaseRecord | undefined> {
    const { leases, clock, renewDeadlineMs, identity } = this.#deps;
    if (this.isLeading && this.#seen?.holder === identity) return this.#seen;
    const attempt = new AbortController();
    const deadline = clock.after(renewDeadlineMs, () => {
      attempt.abort(new Error('asking for the Lease: no answer in time'));
    });
    try {
      const record = await leases.get(AbortSignal.any([this.#stop.signal, attempt.signal]));
      this.#observe(record);
      return record;
    } finally {
      deadline.cancel();
    }
  }

  /** Whether the Lease is ours. */
  async #renew(record: LeaseRecord | undefined, signal: AbortSignal): Promise<boolean> {
    const { leases, identity } = this.#deps;
    const handicapMs = this.#deps.handicapMs?.() ?? 0;
    if (decideLease({ identity, record, unchangedMs: this.#unchangedMs, handicapMs }) === 'wait') {
      this.#mayHold = false;
      // Somebody else holds what we thought was ours.
      if (this.isLeading) this.#lose();
      return false;
    }
    this.#mayHold = true;
    const next = this.#makeRecord(record);
    try {
      const written =
        record === undefined
          ? await leases.create(next, signal)
          : await leases.update({ ...next, resourceVersion: record.resourceVersion }, signal);
      this.#observe(written);
    } catch (error) {
      // Somebody else has written, or our own write came through without its answer: look again.
      this.#seen = undefined;
      throw error;
    }
    return true;
  }

  #observe(record: LeaseRecord | undefined): void {
    if (this.#seen?.resourceVersion === record?.resourceVersion) return;
    this.#seen = record;
    this.#unchangedMs = 0;
  }

  #makeRecord(record: LeaseRecord | undefined): Omit<LeaseRecord, 'resourceVersion'> {
    const { identity, leaseDurationMs, clock } = this.#deps;
    const isHandedOver = record !== undefined && record.holder !== identity;
    return {
      holder: identity,
      durationMs: leaseDurationMs,
      renewTime: toMicroTime(clock.now()),
      transitions: (record?.transitions ?? 0) + (isHandedOver ? 1 : 0),
    };
  }

  #lead(): void {
    this.#leading = new AbortController();
    this.#deps.onStartedLeading(this.#leading.signal);
  }

  #lose(): void {
    this.#validity?.cancel();
    this.#validity = undefined;
    this.#leading?.abort();
    this.#leading = undefined;
    this.#deps.onLost();
  }

  async #release(): Promise<void> {
    const { leases, clock, onError, renewDeadlineMs, identity } = this.#deps;
    const attempt = new AbortController();
    const deadline = clock.after(renewDeadlineMs, () => {
      attempt.abort(new Error('giving the Lease back: no answer in time'));
    });
    try {
      const record = await leases.get(attempt.signal);
      if (record?.holder !== identity) return;
      const renewTime = toMicroTime(clock.now());
      await leases.update({ ...record, holder: '', renewTime }, attempt.signal);
    } catch (error) {
      onError(error);
    } finally {
      deadline.cancel();
    }
  }

  async #untilStopped(promise: Promise<undefined>): Promise<void> {
    const { signal } = this.#stop;
    if (signal.aborted) return;
    const { promise: stopped, resolve } = Promise.withResolvers<undefined>();
    const stop = (): void => {
      resolve(undefined);
    };
    signal.addEventListener('abort', stop, { once: true });
    await Promise.race([promise, stopped]);
    signal.removeEventListener('abort', stop);
  }
}

/** MicroTime of the API: six digits of a second. */
function toMicroTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
