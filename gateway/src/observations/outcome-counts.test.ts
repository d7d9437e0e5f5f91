import type { RevisionKey } from '@mayfly/core';
import { FakeClock } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import type { InvocationMetrics, InvocationOutcomeLabel } from '../metrics.ts';
import { FakeOperator } from '../testing/fake-operator.ts';
import { OutcomeCounts } from './outcome-counts.ts';
import { reportOutcomes } from './report-outcomes.ts';

const KEY: RevisionKey = { namespace: 'ns', functionName: 'f', revision: 'r.2' };
const OTHER: RevisionKey = { ...KEY, revision: 'r.1' };

class RecordedMetrics implements InvocationMetrics {
  readonly calls: string[] = [];
  observeStart(): void {
    this.calls.push('start');
  }
  observeEnd(): void {
    this.calls.push('end');
  }
  observeColdStart(): void {
    this.calls.push('cold');
  }
  observeThrottle(reason: string): void {
    this.calls.push(reason);
  }
  observeOutcome(outcome: string, durationMs: number): void {
    this.calls.push(`${outcome} ${durationMs.toString()}`);
  }
}

function makeWorld() {
  const clock = new FakeClock();
  const operator = new FakeOperator();
  const counts = new OutcomeCounts(clock);
  const stop = reportOutcomes(counts, operator.link, clock);
  const metrics = new RecordedMetrics();
  return {
    clock,
    operator,
    counts,
    metrics,
    stop,
    /** An invocation that an execution environment had for so long. */
    end(key: RevisionKey, label: InvocationOutcomeLabel, ranMs = 10): void {
      const watched = counts.watch(key, metrics);
      watched.observeStart();
      clock.step(ranMs);
      watched.observeEnd();
      watched.observeOutcome(label, ranMs);
    },
  };
}

describe('the outcomes of observed revisions', () => {
  it('are told each second in which there were some', ({ expect }) => {
    const { clock, operator, end } = makeWorld();
    operator.say({ kind: 'observe', revisions: [{ key: KEY, slowMs: 100 }] });
    end(KEY, 'success');
    end(KEY, 'function_error');
    end(KEY, 'success', 101);
    end(OTHER, 'function_error');
    expect(operator.of('outcomes')).toEqual([]);
    clock.step(1_000);
    expect(operator.of('outcomes')).toEqual([
      {
        kind: 'outcomes',
        outcomes: [{ key: KEY, slowMs: 100, invocations: 3, errors: 1, slow: 1 }],
      },
    ]);
    clock.step(10_000);
    expect(operator.of('outcomes')).toHaveLength(1);
  });

  it.for<[InvocationOutcomeLabel, object | undefined]>([
    ['success', { invocations: 1, errors: 0 }],
    ['function_error', { invocations: 1, errors: 1 }],
    ['platform_error', { invocations: 1, errors: 1 }],
    ['unavailable', { invocations: 1, errors: 1 }],
    ['throttled', undefined],
    ['disconnected', undefined],
  ])('take %s for %o', ([label, counted], { expect }) => {
    const { counts, end } = makeWorld();
    counts.observe([{ key: KEY }]);
    end(KEY, label);
    expect(counts.drain()[0]).toEqual(counted && { key: KEY, slow: 0, ...counted });
  });

  it('are counted for each bound of what is slow', ({ expect }) => {
    const { counts, end } = makeWorld();
    counts.observe([
      { key: KEY, slowMs: 100 },
      { key: KEY, slowMs: 10 },
    ]);
    end(KEY, 'success', 50);
    expect(counts.drain().map(({ slowMs, slow }) => [slowMs, slow])).toEqual([
      [100, 0],
      [10, 1],
    ]);
  });

  it('are kept when the operator says again what it observes, and dropped when it does not', ({
    expect,
  }) => {
    const { counts, end } = makeWorld();
    counts.observe([{ key: KEY }]);
    end(KEY, 'success');
    counts.observe([{ key: OTHER }, { key: KEY }]);
    expect(counts.drain()).toHaveLength(1);
    end(KEY, 'success');
    counts.observe([]);
    expect(counts.drain()).toEqual([]);
  });

  it('cost nothing where nothing is observed', ({ expect }) => {
    const { counts, metrics } = makeWorld();
    expect(counts.watch(KEY, metrics)).toBe(metrics);
    counts.observe([{ key: KEY }]);
    expect(counts.watch(OTHER, metrics)).toBe(metrics);
  });

  it('leave the metrics as they are', ({ expect }) => {
    const { counts, metrics, end } = makeWorld();
    counts.observe([{ key: KEY }]);
    end(KEY, 'success', 7);
    const watched = counts.watch(KEY, metrics);
    watched.observeColdStart();
    watched.observeThrottle('why');
    expect(metrics.calls).toEqual(['start', 'end', 'success 7', 'cold', 'why']);
  });

  it('are told no more after the end', ({ expect }) => {
    const { clock, operator, counts, end, stop } = makeWorld();
    counts.observe([{ key: KEY }]);
    stop();
    end(KEY, 'success');
    clock.step(2_000);
    expect(operator.of('outcomes')).toEqual([]);
  });
});
