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
  of(functionName: string, qualifier: string): InvocationMetrics;
}

const DURATION_BUCKETS_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900,
];

/** Declares the metrics in the registry. `queueLength` is asked when they are scraped. */
export function makeGatewayMetrics(registry: Registry, queueLength: () => number): GatewayMetrics {
  const metrics = declareMetrics(registry);
  new Gauge({
    name: 'mayfly_queued_invocations',
    help: 'Invocations that wait for an execution environment',
    registers: [registry],
    collect(this: Gauge) {
      this.set(queueLength());
    },
  });
  const bound = new Map<string, InvocationMetrics>();
  return {
    observeForward: (outcome, durationMs) => {
      metrics.forwarded.inc({ outcome });
      metrics.forwardDuration.observe(durationMs / 1000);
    },
    of: (functionName, qualifier) => {
      const id = `${functionName}:${qualifier}`;
      const known = bound.get(id);
      if (known !== undefined) return known;
      const made = bindMetrics(metrics, functionName, qualifier);
      bound.set(id, made);
      return made;
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
      labelNames: ['function', 'qualifier', 'outcome'] as const,
      registers,
    }),
    duration: new Histogram({
      name: 'mayfly_invocation_duration_seconds',
      help: 'Time from the request to its answer, with waiting',
      labelNames: ['function', 'qualifier'] as const,
      buckets: DURATION_BUCKETS_SECONDS,
      registers,
    }),
    concurrent: new Gauge({
      name: 'mayfly_concurrent_executions',
      help: 'Invocations that run now',
      labelNames: ['function'] as const,
      registers,
    }),
    throttles: new Counter({
      name: 'mayfly_throttles_total',
      help: 'Invocations refused because of a limit on concurrency',
      labelNames: ['function', 'reason'] as const,
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
    coldStarts: new Counter({
      name: 'mayfly_cold_starts_total',
      help: 'Invocations that were the first of their execution environment',
      labelNames: ['function'] as const,
      registers,
    }),
  };
}

function bindMetrics(metrics: Metrics, functionName: string, qualifier: string): InvocationMetrics {
  const concurrent = metrics.concurrent.labels({ function: functionName });
  const duration = metrics.duration.labels({ function: functionName, qualifier });
  const outcomes = new Map<InvocationOutcomeLabel, { inc(): void }>();
  return {
    observeStart: () => concurrent.inc(),
    observeEnd: () => concurrent.dec(),
    observeColdStart: () => {
      metrics.coldStarts.inc({ function: functionName });
    },
    observeThrottle: (reason) => {
      metrics.throttles.inc({ function: functionName, reason });
    },
    observeOutcome: (outcome, durationMs) => {
      const counter =
        outcomes.get(outcome) ??
        metrics.invocations.labels({ function: functionName, qualifier, outcome });
      outcomes.set(outcome, counter);
      counter.inc();
      duration.observe(durationMs / 1000);
    },
  };
}
