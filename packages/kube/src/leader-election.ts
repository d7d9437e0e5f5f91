import type { Clock } from '@mayfly/core';
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
  /** A leader that could not renew for so long stops, before another one may begin. */
  readonly renewDeadlineMs?: number;
  readonly retryPeriodMs?: number;
}

const DEFAULTS = {
  leaseDurationMs: 15_000,
  renewDeadlineMs: 10_000,
  retryPeriodMs: 2_000,
} as const;

/** One candidate for a Lease: at most one of all candidates leads at a time. */
export class LeaderElection {
  readonly #deps: LeaderElectionDeps & typeof DEFAULTS;
  readonly #stop = new AbortController();
  #seen: { record: LeaseRecord | undefined; observedMs: number } | undefined;
  #leading: AbortController | undefined;
  #renewedMs = 0;
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
    const leading = this.#leading;
    this.#leading = undefined;
    leading?.abort();
    if (leading !== undefined) await this.#release();
  }

  async #run(): Promise<void> {
    const { clock, retryPeriodMs, renewDeadlineMs, onError } = this.#deps;
    while (!this.#stop.signal.aborted) {
      const startedMs = clock.now();
      try {
        await this.#try(AbortSignal.any([this.#stop.signal, AbortSignal.timeout(renewDeadlineMs)]));
      } catch (error) {
        if (!isAborted(this.#stop.signal) && !isKubeError(error, 409)) onError(error);
      }
      this.#stepDownIfOverdue();
      await this.#pause(Math.max(0, retryPeriodMs - (clock.now() - startedMs)));
    }
  }

  async #try(signal: AbortSignal): Promise<void> {
    const { leases, identity, clock } = this.#deps;
    // Before the request: what the API server writes down may be as old as this.
    const askedMs = clock.now();
    const record = await leases.get(signal);
    this.#observe(record);
    const { observedMs } = this.#seen ?? { observedMs: askedMs };
    const decision = decideLease({ identity, record, observedMs, nowMs: clock.now() });
    if (decision === 'wait') {
      // Somebody else holds what we thought was ours.
      if (this.isLeading) this.#lose();
      return;
    }
    const next = this.#makeRecord(record, askedMs);
    const written =
      record === undefined
        ? await leases.create(next, signal)
        : await leases.update({ ...next, resourceVersion: record.resourceVersion }, signal);
    this.#observe(written);
    this.#renewedMs = askedMs;
    if (!this.isLeading && !this.#stop.signal.aborted) this.#lead();
  }

  #observe(record: LeaseRecord | undefined): void {
    const before = this.#seen?.record;
    const isSame = this.#seen !== undefined && before?.resourceVersion === record?.resourceVersion;
    if (!isSame) this.#seen = { record, observedMs: this.#deps.clock.now() };
  }

  #makeRecord(
    record: LeaseRecord | undefined,
    nowMs: number,
  ): Omit<LeaseRecord, 'resourceVersion'> {
    const { identity, leaseDurationMs } = this.#deps;
    const isNew = record?.holder !== identity;
    return {
      holder: identity,
      durationMs: leaseDurationMs,
      renewTime: toMicroTime(nowMs),
      transitions: (record?.transitions ?? 0) + (isNew ? 1 : 0),
    };
  }

  #lead(): void {
    this.#leading = new AbortController();
    this.#deps.onStartedLeading(this.#leading.signal);
  }

  #stepDownIfOverdue(): void {
    const { clock, renewDeadlineMs } = this.#deps;
    if (this.isLeading && clock.now() - this.#renewedMs >= renewDeadlineMs) this.#lose();
  }

  #lose(): void {
    this.#leading?.abort();
    this.#leading = undefined;
    this.#deps.onLost();
  }

  async #release(): Promise<void> {
    const { leases, clock, onError, renewDeadlineMs, identity } = this.#deps;
    const signal = AbortSignal.timeout(renewDeadlineMs);
    try {
      const record = await leases.get(signal);
      if (record?.holder !== identity) return;
      await leases.update({ ...record, holder: '', renewTime: toMicroTime(clock.now()) }, signal);
    } catch (error) {
      onError(error);
    }
  }

  async #pause(delayMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const timer = this.#deps.clock.after(delayMs, () => {
      resolve(undefined);
    });
    const stop = (): void => {
      timer.cancel();
      resolve(undefined);
    };
    this.#stop.signal.addEventListener('abort', stop, { once: true });
    await promise;
    this.#stop.signal.removeEventListener('abort', stop);
  }
}

/** MicroTime of the API: six digits of a second. */
function toMicroTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
