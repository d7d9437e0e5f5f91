import { functionIdOf } from '@mayfly/core';
import { COLD_START_PHASES, type ColdStart } from './invoke/cold-start.ts';
import { Counter, Gauge, Histogram, type Registry } from '@mayfly/telemetry';

/** How an invocation ended, as the label `outcome`. */
export type InvocationOutcomeLabel =
  'success' | 'function_error' | 'throttled' | 'unavailable' | 'platform_error' | 'disconnected';

/** What is counted for one function and qualifier; its labels are bound once. */
export interface InvocationMetrics {
  /** An invocation has been given to an execution environment. */
  observeStart(): void;
  /** The execution environment has answered, or broken. */
  observeEnd(): void;
  observeColdStart(): void;
  observeThrottle(reason: string): void;
  /** An invocation is over, after `durationMs` with waiting. */
  observeOutcome(outcome: InvocationOutcomeLabel, durationMs: number): void;
}

/** How forwarding ended, as the label `outcome`. `not_taken`: the next gateway was asked, or we acted as home. */
export type ForwardOutcomeLabel = 'answered' | 'refused' | 'not_taken' | 'broken' | 'disconnected';

/** The gateway's metrics. */
export interface GatewayMetrics {
  /** An invocation has been given to another gateway, and that has ended. */
  observeForward(outcome: ForwardOutcomeLabel, durationMs: number): void;
  /** An invocation that waited for a start has been answered. */
  observeColdStartParts(coldStart: ColdStart): void;
  of(functionKey: FunctionKey, qualifier: string): InvocationMetrics;
  /** Drops every series of a function that is gone. */
  forget(functionKey: FunctionKey): void;
  /** Drops the series that only a version or an alias that is gone has. */
  forgetQualifier(functionId: string, qualifier: string): void;
}

/** Names a function. */
export interface FunctionKey {
  readonly namespace: string;
  readonly functionName: string;
}

const DURATION_BUCKETS_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900,
];

/** What is asked when metrics are scraped. */
export interface GatewayLevels {
  readonly queueLength: () => number;
  readonly heldBytes: () => number;
}

/** Declares the metrics in the registry. */
export function makeGatewayMetrics(
  registry: Registry,
  { queueLength, heldBytes }: GatewayLevels,
): GatewayMetrics {
  const metrics = declareMetrics(registry);
  new Gauge({
    name: 'mayfly_waiting_payload_bytes',
    help: 'Bytes of payloads that come in, wait, or run',
    registers: [registry],
    collect(this: Gauge) {
      this.set(heldBytes());
    },
  });
  new Gauge({
    name: 'mayfly_queued_invocations',
    help: 'Invocations that wait for an execution environment',
    registers: [registry],
    collect(this: Gauge) {
      this.set(queueLength());
    },
  });
  const functions = new Map<string, Map<string, BoundMetrics>>();
  return {
    observeForward: (outcome, durationMs) => {
      metrics.forwarded.inc({ outcome });
      metrics.forwardDuration.observe(durationMs / 1000);
    },
    observeColdStartParts: (coldStart) => {
      for (const phase of COLD_START_PHASES) {
        metrics.coldStartDuration.observe({ phase }, coldStart[`${phase}Ms`] / 1000);
      }
    },
    of: (key, qualifier) => {
      const id = functionIdOf(key);
      const qualifiers = functions.get(id) ?? new Map<string, BoundMetrics>();
      functions.set(id, qualifiers);
      const bound = qualifiers.get(qualifier) ?? new BoundMetrics(metrics, key, qualifier);
      qualifiers.set(qualifier, bound);
      return bound;
    },
    forget: (key) => {
      const id = functionIdOf(key);
      for (const bound of functions.get(id)?.values() ?? []) bound.forget();
      functions.delete(id);
    },
    forgetQualifier: (id, qualifier) => {
      const qualifiers = functions.get(id);
      qualifiers?.get(qualifier)?.forgetQualifier();
      qualifiers?.delete(qualifier);
    },
  };
}

type Metrics = ReturnType<typeof declareMetrics>;

function declareMetrics(registry: Registry) {
  const registers = [registry];
  return {
    invocations: new Counter({
      name: 'mayfly_invocations_total',
      help: 'Invocations by outcome',
      labelNames: ['namespace', 'function', 'qualifier', 'outcome'] as const,
      registers,
    }),
    duration: new Histogram({
      name: 'mayfly_invocation_duration_seconds',
      help: 'Time from the request to its answer, with waiting',
      labelNames: ['namespace', 'function', 'qualifier'] as const,
      buckets: DURATION_BUCKETS_SECONDS,
      registers,
    }),
    concurrent: new Gauge({
      name: 'mayfly_concurrent_executions',
      help: 'Invocations that run now',
      labelNames: ['namespace', 'function'] as const,
      registers,
    }),
    throttles: new Counter({
      name: 'mayfly_throttles_total',
      help: 'Invocations refused because of a limit on concurrency',
      labelNames: ['namespace', 'function', 'reason'] as const,
      registers,
    }),
    forwarded: new Counter({
      name: 'mayfly_gateway_forwarded_total',
      help: 'Invocations given to the gateway that is home to their function, by outcome',
      labelNames: ['outcome'] as const,
      registers,
    }),
    forwardDuration: new Histogram({
      name: 'mayfly_gateway_forwarded_duration_seconds',
      help: 'Time from giving an invocation to another gateway to its answer',
      buckets: DURATION_BUCKETS_SECONDS,
      registers,
    }),
    coldStartDuration: new Histogram({
      name: 'mayfly_cold_start_duration_seconds',
      help: 'Where the time of invocations went that waited for a start: queue, grant, pod, assign, init, invoke',
      labelNames: ['phase'] as const,
      buckets: DURATION_BUCKETS_SECONDS,
      registers,
    }),
    coldStarts: new Counter({
      name: 'mayfly_cold_starts_total',
      help: 'Invocations that were the first of their execution environment',
      labelNames: ['namespace', 'function'] as const,
      registers,
    }),
  };
}

/** The series of one function and qualifier, found once. */
class BoundMetrics implements InvocationMetrics {
  readonly #metrics: Metrics;
  readonly #labels: { readonly namespace: string; readonly function: string };
  readonly #qualifier: string;
  readonly #concurrent: { inc(): void; dec(): void };
  readonly #duration: { observe(seconds: number): void };
  readonly #outcomes = new Map<InvocationOutcomeLabel, { inc(): void }>();
  readonly #reasons = new Set<string>();
  #isForgotten = false;
  #isQualifierForgotten = false;

  constructor(metrics: Metrics, { namespace, functionName }: FunctionKey, qualifier: string) {
    this.#metrics = metrics;
    this.#labels = { namespace, function: functionName };
    this.#qualifier = qualifier;
    this.#concurrent = metrics.concurrent.labels(this.#labels);
    this.#duration = metrics.duration.labels({ ...this.#labels, qualifier });
  }

  observeStart(): void {
    this.#concurrent.inc();
  }

  observeEnd(): void {
    // The last ones of a function that is gone must not bring its series back.
    if (!this.#isForgotten) this.#concurrent.dec();
  }

  observeColdStart(): void {
    if (!this.#isForgotten) this.#metrics.coldStarts.inc(this.#labels);
  }

  observeThrottle(reason: string): void {
    this.#reasons.add(reason);
    this.#metrics.throttles.inc({ ...this.#labels, reason });
  }

  observeOutcome(outcome: InvocationOutcomeLabel, durationMs: number): void {
    if (this.#isForgotten || this.#isQualifierForgotten) return;
    const known = this.#outcomes.get(outcome);
    const labels = { ...this.#labels, qualifier: this.#qualifier, outcome };
    const counter = known ?? this.#metrics.invocations.labels(labels);
    if (known === undefined) this.#outcomes.set(outcome, counter);
    counter.inc();
    this.#duration.observe(durationMs / 1000);
  }

  forget(): void {
    this.#isForgotten = true;
    const { concurrent, coldStarts, throttles } = this.#metrics;
    const labels = this.#labels;
    concurrent.remove(labels);
    coldStarts.remove(labels);
    for (const reason of this.#reasons) throttles.remove({ ...labels, reason });
    this.forgetQualifier();
  }

  /** The others are those of the function: what runs is still counted there. */
  forgetQualifier(): void {
    this.#isQualifierForgotten = true;
    const { invocations, duration } = this.#metrics;
    const labels = this.#labels;
    const qualifier = this.#qualifier;
    duration.remove({ ...labels, qualifier });
    for (const outcome of this.#outcomes.keys()) {
      invocations.remove({ ...labels, qualifier, outcome });
    }
  }
}
