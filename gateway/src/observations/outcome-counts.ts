import {
  revisionIdOf,
  type Clock,
  type ObservedOutcomes,
  type ObservedRevision,
  type RevisionKey,
} from '@mayfly/core';
import type { InvocationMetrics, InvocationOutcomeLabel } from '../metrics.ts';

interface Counts {
  invocations: number;
  errors: number;
  slow: number;
}

interface Observed {
  readonly revision: ObservedRevision;
  readonly counts: Counts;
}

/** Of an invocation that was throttled, or whose caller left, nothing can be said. */
const ERROR_BY_LABEL: Readonly<Record<InvocationOutcomeLabel, boolean | undefined>> = {
  success: false,
  function_error: true,
  platform_error: true,
  unavailable: true,
  throttled: undefined,
  disconnected: undefined,
};

/** Counts what comes of invocations of the revisions that the operator observes: those that are rolled out. */
export class OutcomeCounts {
  readonly #clock: Clock;
  #observed: ReadonlyMap<string, readonly Observed[]> = new Map();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts these from now on, and no others. What was counted of them and not drained yet stays. */
  observe(revisions: readonly ObservedRevision[]): void {
    const next = new Map<string, Observed[]>();
    for (const revision of revisions) {
      const id = revisionIdOf(revision.key);
      const known = this.#observed
        .get(id)
        ?.find((each) => each.revision.slowMs === revision.slowMs);
      const counts = known?.counts ?? { invocations: 0, errors: 0, slow: 0 };
      next.set(id, [...(next.get(id) ?? []), { revision, counts }]);
    }
    this.#observed = next;
  }

  /** The same metrics; what they are told of an observed revision is counted, too. */
  watch(key: RevisionKey, metrics: InvocationMetrics): InvocationMetrics {
    if (this.#observed.size === 0 || !this.#observed.has(revisionIdOf(key))) return metrics;
    return new CountingMetrics(metrics, this.#clock, (isError, durationMs) => {
      for (const { revision, counts } of this.#observed.get(revisionIdOf(key)) ?? []) {
        counts.invocations += 1;
        if (isError) counts.errors += 1;
        if (revision.slowMs !== undefined && durationMs > revision.slowMs) counts.slow += 1;
      }
    });
  }

  /** What was counted since the last call; of revisions without invocations, nothing. */
  drain(): readonly ObservedOutcomes[] {
    const drained: ObservedOutcomes[] = [];
    for (const { revision, counts } of [...this.#observed.values()].flat()) {
      if (counts.invocations === 0) continue;
      drained.push({ ...revision, ...counts });
      Object.assign(counts, { invocations: 0, errors: 0, slow: 0 });
    }
    return drained;
  }
}

/** Notices how long an execution environment had an invocation, and how that ended. */
class CountingMetrics implements InvocationMetrics {
  readonly #metrics: InvocationMetrics;
  readonly #clock: Clock;
  readonly #count: (isError: boolean, durationMs: number) => void;
  #startedMs: number | undefined;
  #ranMs = 0;

  constructor(
    metrics: InvocationMetrics,
    clock: Clock,
    count: (isError: boolean, durationMs: number) => void,
  ) {
    this.#metrics = metrics;
    this.#clock = clock;
    this.#count = count;
  }

  observeStart(): void {
    this.#startedMs = this.#clock.now();
    this.#metrics.observeStart();
  }

  observeEnd(): void {
    if (this.#startedMs !== undefined) this.#ranMs = this.#clock.now() - this.#startedMs;
    this.#metrics.observeEnd();
  }

  observeColdStart(): void {
    this.#metrics.observeColdStart();
  }

  observeThrottle(reason: string): void {
    this.#metrics.observeThrottle(reason);
  }

  observeOutcome(outcome: InvocationOutcomeLabel, durationMs: number): void {
    const isError = ERROR_BY_LABEL[outcome];
    if (isError !== undefined) this.#count(isError, this.#ranMs);
    this.#metrics.observeOutcome(outcome, durationMs);
  }
}
