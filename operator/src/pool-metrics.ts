import type { PoolName, PoolObserver } from '@mayfly/core';
import { Counter, Gauge, type Registry } from '@mayfly/telemetry';

/** Registers the metrics of pools. A pool for all namespaces, or of no size, has empty labels. */
export function makePoolMetrics(registry: Registry): PoolObserver {
  const registers = [registry];
  const hits = new Counter({
    name: 'mayfly_pool_hits_total',
    help: 'Starts that a spare execution environment served, by its pool; fit: exact, or resized.',
    labelNames: ['namespace', 'runtime', 'memory_size', 'fit'],
    registers,
  });
  const misses = new Counter({
    name: 'mayfly_pool_misses_total',
    help: 'Starts that no spare execution environment served, by reason.',
    labelNames: ['namespace', 'runtime', 'reason'],
    registers,
  });
  const wanted = new Gauge({
    name: 'mayfly_pool_spares_wanted',
    help: 'Spare execution environments that there should be.',
    labelNames: ['namespace', 'runtime', 'memory_size'],
    registers,
  });
  const ready = new Gauge({
    name: 'mayfly_pool_spares_ready',
    help: 'Spare execution environments that wait for a function.',
    labelNames: ['namespace', 'runtime', 'memory_size'],
    registers,
  });
  return {
    hit: (pool, fit) => {
      hits.inc({ ...labelsOf(pool), fit });
    },
    miss: ({ namespace = '', runtime, reason }) => {
      misses.inc({ namespace, runtime, reason });
    },
    count: (pool, counts) => {
      wanted.set(labelsOf(pool), counts.wanted);
      ready.set(labelsOf(pool), counts.ready);
    },
  };
}

function labelsOf({ namespace = '', runtime, memorySizeMb }: PoolName): {
  readonly namespace: string;
  readonly runtime: string;
  readonly memory_size: string;
} {
  return { namespace, runtime, memory_size: memorySizeMb?.toString() ?? '' };
}
