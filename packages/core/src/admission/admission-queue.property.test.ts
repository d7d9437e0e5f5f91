import fc from 'fast-check';
import { describe, it, type ExpectStatic } from 'vitest';
import type { GatewayMessage } from '../ports/fleet-link.ts';
import type { RevisionKey } from '../ports/revision-key.ts';
import { AdmissionQueue, type AdmissionOutcome, type Waiter } from './admission-queue.ts';

const KEY: RevisionKey = { namespace: 'default', functionName: 'hello', revision: 'r1' };
const MAX_QUEUE_LENGTH = 5;

class ModelWaiter implements Waiter {
  outcome: AdmissionOutcome | undefined;
  settledTimes = 0;
  hasLeft = false;

  settle(outcome: AdmissionOutcome): void {
    this.outcome = outcome;
    this.settledTimes += 1;
  }
}

/**
 * What an operator believes that only listens, and counts one less with each grant: its link breaks now and then, and
 * begins with a hello.
 */
class ListeningOperator {
  isLinked = true;
  queued = 0;
  /** Execution environments that it counts as the gateway's. */
  readonly held = new Set<string>();

  hear(message: GatewayMessage): void {
    if (!this.isLinked) return;
    if (message.kind === 'demand') this.queued = message.queued;
    const isGivenBack =
      message.kind === 'released' || message.kind === 'dead' || message.kind === 'occupied';
    if (isGivenBack) this.held.delete(message.executionEnvironmentId);
  }

  meet({ holding, demands }: ReturnType<AdmissionQueue['hello']>): void {
    this.isLinked = true;
    this.queued = demands[0]?.queued ?? 0;
    this.held.clear();
    for (const { executionEnvironmentId } of holding) this.held.add(executionEnvironmentId);
  }
}

/** What must hold, kept beside the queue in the simplest way. */
class Model {
  readonly waiters: ModelWaiter[] = [];
  /** Execution environments that run something. */
  readonly running = new Set<string>();
  readonly #known = new Set<string>();
  readonly #seen = new Set<ModelWaiter>();
  readonly queue = new AdmissionQueue({
    maxQueueLength: MAX_QUEUE_LENGTH,
    send: (message) => {
      this.operator.hear(message);
    },
  });
  readonly operator = new ListeningOperator();

  admit(nowMs: number): void {
    const waiter = new ModelWaiter();
    this.waiters.push(waiter);
    const outcome = this.queue.admit(KEY, waiter, nowMs);
    if (outcome.kind !== 'queued') waiter.settle(outcome);
  }

  /** The operator names each execution environment once. */
  grant(executionEnvironmentId: string, nowMs: number): void {
    if (this.#known.has(executionEnvironmentId) || !this.operator.isLinked) return;
    this.#known.add(executionEnvironmentId);
    this.operator.held.add(executionEnvironmentId);
    this.operator.queued = Math.max(0, this.operator.queued - 1);
    const executionEnvironment = {
      ...KEY,
      executionEnvironmentId,
      address: '127.0.0.1:1',
      token: 't',
      version: '$LATEST',
      isProvisioned: false,
    };
    this.queue.receive({ kind: 'grant', executionEnvironment }, nowMs);
  }

  leave(fromEnd: number): void {
    const waiter = this.waiters.at(-1 - fromEnd);
    if (waiter !== undefined && this.queue.leave(waiter)) waiter.hasLeft = true;
  }

  gone(executionEnvironmentId: string, nowMs: number): void {
    this.operator.held.delete(executionEnvironmentId);
    this.queue.receive({ kind: 'gone', executionEnvironmentId }, nowMs);
  }

  /** Both ends believe the same of who waits when all has been said. */
  checkDemand(expect: ExpectStatic): void {
    this.queue.flushDemand();
    if (this.operator.isLinked) expect(this.operator.queued).toBe(this.queue.waiting);
  }

  /** What both ends believe when all has been said. */
  checkOperator(expect: ExpectStatic): void {
    this.checkDemand(expect);
    if (!this.operator.isLinked) return;
    const held = this.queue.hello(0).holding.map((one) => one.executionEnvironmentId);
    expect(new Set(held)).toEqual(this.operator.held);
  }

  check(expect: ExpectStatic): void {
    const waiting = this.waiters.filter((w) => w.outcome === undefined && !w.hasLeft);
    expect(this.queue.waiting).toBe(waiting.length);
    expect(waiting.length).toBeLessThanOrEqual(MAX_QUEUE_LENGTH);
    for (const [index, waiter] of this.waiters.entries()) {
      expect(waiter.settledTimes).toBeLessThanOrEqual(waiter.hasLeft ? 0 : 1);
      if (waiter.outcome?.kind !== 'admitted' || this.#seen.has(waiter)) continue;
      this.#seen.add(waiter);
      const { executionEnvironmentId } = waiter.outcome.executionEnvironment;
      expect(this.running).not.toContain(executionEnvironmentId);
      this.running.add(executionEnvironmentId);
      // Nobody who came earlier still waits.
      expect(waiting.filter((w) => this.waiters.indexOf(w) < index)).toEqual([]);
    }
  }
}

type Step = (model: Model, nowMs: number, expect: ExpectStatic) => void;

const id = fc.nat(9).map((n) => `e${n.toString()}`);
const step = fc.oneof(
  fc.constant<Step>((model, nowMs) => {
    model.admit(nowMs);
  }),
  fc.constant<Step>((model, _nowMs, expect) => {
    model.checkDemand(expect);
  }),
  id.map<Step>((name) => (model, nowMs) => {
    model.grant(name, nowMs);
  }),
  id.map<Step>((name) => (model, nowMs) => {
    if (model.running.delete(name)) model.queue.complete(name, nowMs);
  }),
  id.map<Step>((executionEnvironmentId) => (model, nowMs) => {
    model.queue.receive({ kind: 'revoke', executionEnvironmentId }, nowMs);
  }),
  id.map<Step>((name) => (model, nowMs) => {
    model.gone(name, nowMs);
  }),
  id.map<Step>((name) => (model) => {
    model.queue.markOccupied(name);
  }),
  fc.constant<Step>((model) => {
    model.operator.isLinked = false;
  }),
  fc.constant<Step>((model) => {
    model.operator.meet(model.queue.hello(0));
  }),
  fc.boolean().map<Step>((isOurs) => (model) => {
    model.queue.moveAway(() => isOurs);
  }),
  id.map<Step>((name) => (model) => {
    model.queue.markDead(name, { message: 'broke', isLost: false });
  }),
  fc.nat(9).map<Step>((fromEnd) => (model) => {
    model.leave(fromEnd);
  }),
  fc.nat(3).map<Step>((coming) => (model, nowMs) => {
    const refusal = 'ConcurrentInvocationLimitExceeded';
    model.queue.receive({ kind: 'outlook', key: KEY, coming, refusal }, nowMs);
  }),
  fc.constant<Step>((model, nowMs) => {
    model.queue.receive({ kind: 'lift', namespace: 'default', functionName: 'hello' }, nowMs);
  }),
);

describe('AdmissionQueue, whatever happens', () => {
  it('never gives one execution environment to two, loses nobody, serves in order, is bounded, and the operator believes the same', ({
    expect,
  }) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
        const model = new Model();
        for (const [nowMs, act] of steps.entries()) {
          act(model, nowMs, expect);
          model.check(expect);
        }
        model.checkOperator(expect);
      }),
      { numRuns: 300 },
    );
  });
});
