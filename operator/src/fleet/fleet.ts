import {
  decideFleet,
  functionIdOf,
  type Announcement,
  type Clock,
  type ExecutionEnvironmentDriver,
  type FleetDemand,
  type FleetLinkServer,
  type FleetPlan,
  type GatewayMessage,
  type RevisionKey,
} from '@mayfly/core';
import type { Logger } from '@mayfly/telemetry';
import { forgetFunction, observeCounts, type OperatorMetrics } from '../metrics.ts';
import { makeAssignRequest, type FleetIdentity } from './assign-request.ts';
import type { FunctionBook, FunctionEntry } from './function-book.ts';
import { Members, type Member, type MemberCounts } from './members.ts';

/** What the fleet needs. */
export interface FleetDeps {
  readonly driver: ExecutionEnvironmentDriver;
  readonly link: FleetLinkServer;
  readonly functions: FunctionBook;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: OperatorMetrics;
  readonly makeId: () => string;
  readonly identity: FleetIdentity;
  readonly limits: { readonly accountConcurrency: number; readonly maxStarting: number };
}

const TICK_MS = 1_000;
const CREATE_DEADLINE_MS = 60_000;
const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;
// Beyond the init phase: time to kill a runtime that has timed out, and to repeat an announcement that was lost.
const READY_MARGIN_MS = 20_000;

interface Demand extends FleetDemand {
  readonly sinceMs: number;
  readonly failures: number;
}

/** The only maker of execution environments: does what `decideFleet` says, and keeps the facts for it. */
export class Fleet {
  readonly #deps: FleetDeps;
  readonly #members = new Members();
  readonly #demands = new Map<string, Demand>();
  readonly #refused = new Set<string>();
  readonly #stops: (() => void)[] = [];
  readonly #countsListeners: ((functionId: string) => void)[] = [];
  #isScheduled = false;
  #isClosed = false;

  constructor(deps: FleetDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { driver, link, clock } = this.#deps;
    const ticker = clock.every(TICK_MS, () => {
      this.#giveUpOverdue();
      this.evaluate();
    });
    this.#stops.push(
      () => {
        ticker.cancel();
      },
      driver.onAnnouncement((announcement) => {
        this.#onAnnouncement(announcement);
      }),
      link.onMessage((message) => {
        this.#onMessage(message);
      }),
    );
  }

  /** Decides soon; many reasons at once make one decision. */
  evaluate(): void {
    if (this.#isScheduled || this.#isClosed) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      if (!this.#isClosed) this.#carryOut(this.#decide());
    });
  }

  /** The function is served otherwise than before, or is gone: then nothing of it is remembered. */
  noteFunctionChange(functionId: string): void {
    if (this.#deps.functions.get(functionId) === undefined) {
      this.#refused.delete(functionId);
      if (!this.hasAny(functionId)) forgetFunction(this.#deps.metrics, functionNameIn(functionId));
    }
    this.evaluate();
  }

  /** Calls back when the number of a function's execution environments changed. */
  onCountsChange(listener: (functionId: string) => void): void {
    this.#countsListeners.push(listener);
  }

  counts(functionId: string): MemberCounts {
    return this.#members.counts(functionId);
  }

  /** True while any execution environment of the function exists. */
  hasAny(functionId: string): boolean {
    return this.#members.of(functionId).length > 0;
  }

  /** Stops deciding and ends every execution environment. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const stop of this.#stops.splice(0)) stop();
    const ids = this.#members.all().map((m) => m.executionEnvironmentId);
    await Promise.allSettled(ids.map((id) => this.#deps.driver.destroy(id)));
  }

  #decide(): FleetPlan {
    const { functions, limits, clock } = this.#deps;
    return decideFleet({
      members: this.#members.all(),
      demands: [...this.#demands.values()],
      functions: functions.limits(),
      refused: this.#refused,
      accountConcurrency: limits.accountConcurrency,
      maxStarting: limits.maxStarting,
      nowMs: clock.now(),
    });
  }

  #carryOut(plan: FleetPlan): void {
    const { link, logger, metrics } = this.#deps;
    for (const id of plan.abandon) void this.#destroy(id);
    for (const { executionEnvironmentId, reason } of plan.revoke) {
      const member = this.#members.get(executionEnvironmentId);
      if (member === undefined) continue;
      member.isRevoked = true;
      metrics.revokes.inc({ reason });
      logger.debug({ ...member.key, executionEnvironmentId, reason }, 'revoking');
      link.send({ kind: 'revoke', executionEnvironmentId });
    }
    for (const fn of plan.lift) {
      this.#refused.delete(functionIdOf(fn));
      link.send({ kind: 'lift', ...fn });
    }
    for (const outlook of plan.outlooks) {
      if (outlook.refusal !== undefined) this.#refused.add(functionIdOf(outlook.key));
      link.send({ kind: 'outlook', ...outlook });
    }
    for (const key of plan.create) void this.#create(key);
  }

  async #create(key: RevisionKey): Promise<void> {
    const { driver, functions, clock, logger, makeId } = this.#deps;
    const entry = functions.get(functionIdOf(key));
    if (entry === undefined) return;
    const member = this.#members.add(makeId(), key, clock.now());
    const { executionEnvironmentId } = member;
    this.#noteCounts(key);
    try {
      const { runtime, memorySize } = entry.served.configuration;
      await driver.create(
        { executionEnvironmentId, runtime, memorySizeMb: memorySize },
        AbortSignal.timeout(CREATE_DEADLINE_MS),
      );
    } catch (error) {
      logger.error({ ...key, executionEnvironmentId, err: error }, 'creating failed');
      this.#onStartFailure(member, error);
    }
  }

  async #assign(member: Member, entry: FunctionEntry): Promise<void> {
    const { driver, clock, identity, logger } = this.#deps;
    const request = makeAssignRequest(member.executionEnvironmentId, entry, identity);
    member.assignedMs = clock.now();
    try {
      await driver.assign(request, AbortSignal.timeout(CREATE_DEADLINE_MS));
      member.readyByMs = clock.now() + request.initTimeoutMs + READY_MARGIN_MS;
    } catch (error) {
      // Given up meanwhile: that is why it failed.
      if (member.state === 'terminating') return;
      logger.error({ ...member.key, err: error }, 'assigning failed');
      this.#onStartFailure(member, error);
    }
  }

  /** Its announcement was lost, or its agent hangs: without this it would count and be waited for forever. */
  #giveUpOverdue(): void {
    for (const member of this.#members.overdue(this.#deps.clock.now())) {
      const { executionEnvironmentId, key } = member;
      this.#deps.logger.error({ ...key, executionEnvironmentId }, 'not ready in time');
      this.#onStartFailure(member, new Error('The execution environment was not ready in time.'));
    }
  }

  #onStartFailure(member: Member, error: unknown): void {
    const { metrics, link, clock } = this.#deps;
    metrics.startFailures.inc({ function: member.key.functionName });
    const id = toDemandId(member.key);
    const demand = this.#demands.get(id);
    if (demand !== undefined) {
      const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** demand.failures, LONGEST_BACKOFF_MS);
      this.#demands.set(id, {
        ...demand,
        failures: demand.failures + 1,
        notBeforeMs: clock.now() + backoffMs,
      });
    }
    const message = error instanceof Error ? error.message : String(error);
    link.send({ kind: 'unavailable', key: member.key, message });
    void this.#destroy(member.executionEnvironmentId);
  }

  async #destroy(executionEnvironmentId: string): Promise<void> {
    const member = this.#members.get(executionEnvironmentId);
    if (member === undefined || member.state === 'terminating') return;
    member.state = 'terminating';
    this.#noteCounts(member.key);
    try {
      await this.#deps.driver.destroy(executionEnvironmentId);
      this.#forget(executionEnvironmentId);
    } catch (error) {
      // Counted until it is known to be gone; the next tick tries again.
      member.state = 'idle';
      member.isRevoked = true;
      this.#deps.logger.error({ executionEnvironmentId, err: error }, 'destroying failed');
      this.#deps.clock.after(TICK_MS, () => void this.#destroy(executionEnvironmentId));
    }
  }

  #forget(executionEnvironmentId: string): void {
    const member = this.#members.delete(executionEnvironmentId);
    if (member === undefined) return;
    if (member.address !== undefined) {
      this.#deps.link.send({ kind: 'gone', executionEnvironmentId });
    }
    this.#noteCounts(member.key);
    this.evaluate();
  }

  #onAnnouncement(announcement: Announcement): void {
    const member = this.#members.get(announcement.executionEnvironmentId);
    if (member === undefined) return;
    switch (announcement.kind) {
      case 'waiting':
        this.#onWaiting(member, announcement);
        return;
      case 'ready':
        this.#onReady(member, announcement);
        return;
      case 'gone':
        this.#onGone(member, announcement.message);
        return;
    }
  }

  #onWaiting(member: Member, { address, token }: Announcement & { kind: 'waiting' }): void {
    const { functions, clock, metrics } = this.#deps;
    metrics.startDuration.observe({ phase: 'create' }, (clock.now() - member.createdMs) / 1000);
    const entry = functions.get(functionIdOf(member.key));
    if (member.state !== 'starting') return;
    if (entry?.revision !== member.key.revision) {
      this.evaluate();
      return;
    }
    member.address = { address, token };
    void this.#assign(member, entry);
  }

  #onReady(member: Member, ready: Announcement & { kind: 'ready' }): void {
    const { link, clock, metrics } = this.#deps;
    if (member.state !== 'starting' || member.address === undefined) return;
    const nowMs = clock.now();
    const { functionName } = member.key;
    const { initDurationMs, initOutcome } = ready;
    metrics.startDuration.observe({ phase: 'assign' }, (nowMs - member.assignedMs) / 1000);
    metrics.initDuration.observe(
      { function: functionName, outcome: initOutcome },
      initDurationMs / 1000,
    );
    member.state = 'idle';
    member.idleSinceMs = nowMs;
    const demand = this.#demands.get(toDemandId(member.key));
    if (demand !== undefined) {
      this.#setDemand(member.key, Math.max(0, demand.queued - 1), { ...demand, failures: 0 });
    }
    link.send({
      kind: 'grant',
      executionEnvironment: {
        executionEnvironmentId: member.executionEnvironmentId,
        ...member.key,
        ...member.address,
        version: '$LATEST',
        startDurationMs: nowMs - (demand?.sinceMs ?? member.createdMs),
      },
    });
    this.#noteCounts(member.key);
    this.evaluate();
  }

  #onGone(member: Member, message: string): void {
    if (member.state === 'starting') {
      this.#onStartFailure(member, new Error(message));
      return;
    }
    if (member.state === 'terminating') return;
    this.#deps.logger.warn({ ...member.key, message }, 'execution environment ended by itself');
    this.#forget(member.executionEnvironmentId);
  }

  #onMessage(message: GatewayMessage): void {
    switch (message.kind) {
      case 'demand':
        this.#setDemand(message.key, message.queued, this.#demands.get(toDemandId(message.key)));
        break;
      case 'activity':
        this.#onActivity(message);
        break;
      case 'released':
        void this.#destroy(message.executionEnvironmentId);
        break;
      case 'dead':
        this.#deps.logger.warn({ ...message }, 'execution environment found dead');
        void this.#destroy(message.executionEnvironmentId);
        break;
    }
    this.evaluate();
  }

  #onActivity({ idle, busy }: GatewayMessage & { kind: 'activity' }): void {
    for (const id of busy) {
      const member = this.#members.get(id);
      if (member?.state === 'idle') this.#setState(member, 'busy');
    }
    for (const { executionEnvironmentId, sinceMs } of idle) {
      const member = this.#members.get(executionEnvironmentId);
      if (member?.state !== 'busy' && member?.state !== 'idle') continue;
      member.idleSinceMs = sinceMs;
      this.#setState(member, 'idle');
    }
  }

  #setState(member: Member, state: 'idle' | 'busy'): void {
    if (member.state === state) return;
    member.state = state;
    this.#noteCounts(member.key);
  }

  #setDemand(key: RevisionKey, queued: number, before: Demand | undefined): void {
    const id = toDemandId(key);
    if (queued === 0) this.#demands.delete(id);
    else {
      this.#demands.set(id, {
        key,
        queued,
        sinceMs: before?.sinceMs ?? this.#deps.clock.now(),
        failures: before?.failures ?? 0,
        notBeforeMs: before?.notBeforeMs ?? 0,
      });
    }
  }

  #noteCounts(key: RevisionKey): void {
    const { metrics, functions } = this.#deps;
    const id = functionIdOf(key);
    const { desired, ready, busy } = this.counts(id);
    const { functionName } = key;
    observeCounts(metrics, functionName, { desired, busy, idle: ready - busy });
    // A function that is gone leaves no series behind.
    if (!this.hasAny(id) && functions.get(id) === undefined) forgetFunction(metrics, functionName);
    for (const listener of this.#countsListeners) listener(id);
  }
}

function functionNameIn(functionId: string): string {
  return functionId.slice(functionId.indexOf('/') + 1);
}

function toDemandId(key: RevisionKey): string {
  return `${functionIdOf(key)}/${key.revision}`;
}
