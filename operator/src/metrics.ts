import type { InitOutcome } from '@mayfly/core';
import { Counter, Gauge, Histogram, type Registry } from '@mayfly/telemetry';

/** All metrics of the operator. */
export interface OperatorMetrics {
  readonly reconciles: Counter<'controller' | 'outcome'>;
  readonly reconcileDuration: Histogram<'controller'>;
  readonly executionEnvironments: Gauge<'namespace' | 'function' | 'state'>;
  readonly desiredExecutionEnvironments: Gauge<'namespace' | 'function'>;
  readonly initDuration: Histogram<'namespace' | 'function' | 'outcome'>;
  readonly startDuration: Histogram<'phase'>;
  readonly revokes: Counter<'reason'>;
  readonly startFailures: Counter<'namespace' | 'function'>;
  readonly homes: Gauge<'namespace' | 'function'>;
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Registers the operator's metrics. */
export function makeOperatorMetrics(registry: Registry): OperatorMetrics {
  const registers = [registry];
  return {
    reconciles: new Counter({
      name: 'mayfly_reconcile_total',
      help: 'Reconciles by controller and outcome.',
      labelNames: ['controller', 'outcome'],
      registers,
    }),
    reconcileDuration: new Histogram({
      name: 'mayfly_reconcile_duration_seconds',
      help: 'Time of one reconcile.',
      labelNames: ['controller'],
      buckets: SECONDS,
      registers,
    }),
    executionEnvironments: new Gauge({
      name: 'mayfly_execution_environments',
      help: 'Execution environments by function and state.',
      labelNames: ['namespace', 'function', 'state'],
      registers,
    }),
    desiredExecutionEnvironments: new Gauge({
      name: 'mayfly_desired_execution_environments',
      help: 'Execution environments that there should be.',
      labelNames: ['namespace', 'function'],
      registers,
    }),
    initDuration: new Histogram({
      name: 'mayfly_init_duration_seconds',
      help: 'Init phase of an execution environment.',
      labelNames: ['namespace', 'function', 'outcome'],
      buckets: SECONDS,
      registers,
    }),
    startDuration: new Histogram({
      name: 'mayfly_start_duration_seconds',
      help: 'Parts of a cold start: create (until the agent waits), assign (until the runtime is ready), and in that download and unpack.',
      labelNames: ['phase'],
      buckets: SECONDS,
      registers,
    }),
    revokes: new Counter({
      name: 'mayfly_revokes_total',
      help: 'Execution environments given up, by reason.',
      labelNames: ['reason'],
      registers,
    }),
    startFailures: new Counter({
      name: 'mayfly_start_failures_total',
      help: 'Execution environments that could not be made.',
      labelNames: ['namespace', 'function'],
      registers,
    }),
    homes: new Gauge({
      name: 'mayfly_function_homes',
      help: 'Gateways that are home to a function, where that is more than one.',
      labelNames: ['namespace', 'function'],
      registers,
    }),
  };
}

/** Counts one reconcile. */
export function observeReconcile(
  metrics: OperatorMetrics,
  reconcile: {
    readonly controller: string;
    readonly outcome: 'success' | 'error';
    readonly durationMs: number;
  },
): void {
  const { controller, outcome, durationMs } = reconcile;
  metrics.reconciles.inc({ controller, outcome });
  metrics.reconcileDuration.observe({ controller }, durationMs / 1000);
}

/** Names a function: the labels of its series. */
export interface FunctionLabels {
  readonly namespace: string;
  readonly function: string;
}

/** Shows how many execution environments a function has. */
export function observeCounts(
  metrics: OperatorMetrics,
  labels: FunctionLabels,
  counts: { readonly desired: number; readonly busy: number; readonly idle: number },
): void {
  metrics.desiredExecutionEnvironments.set({ ...labels }, counts.desired);
  metrics.executionEnvironments.set({ ...labels, state: 'busy' }, counts.busy);
  metrics.executionEnvironments.set({ ...labels, state: 'idle' }, counts.idle);
}

const INIT_OUTCOMES: readonly InitOutcome[] = ['success', 'error', 'timeout'];

/** Drops every series of a function that is gone. */
export function forgetFunction(metrics: OperatorMetrics, labels: FunctionLabels): void {
  metrics.desiredExecutionEnvironments.remove({ ...labels });
  metrics.executionEnvironments.remove({ ...labels, state: 'busy' });
  metrics.executionEnvironments.remove({ ...labels, state: 'idle' });
  metrics.startFailures.remove({ ...labels });
  metrics.homes.remove({ ...labels });
  for (const outcome of INIT_OUTCOMES) metrics.initDuration.remove({ ...labels, outcome });
}
