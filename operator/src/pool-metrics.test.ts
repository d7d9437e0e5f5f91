import { makeRegistry } from '@mayfly/telemetry';
import { describe, it } from 'vitest';
import { makePoolMetrics } from './pool-metrics.ts';

describe('metrics of pools', () => {
  it('name the pool, how a spare fitted, and why none did', async ({ expect }) => {
    const registry = makeRegistry();
    const observer = makePoolMetrics(registry);
    const pool = { namespace: 'shop', runtime: 'nodejs24.x', memorySizeMb: 512 };
    observer.hit(pool, 'resized');
    observer.miss({ namespace: 'shop', runtime: 'nodejs24.x', reason: 'empty' });
    observer.count(pool, { wanted: 3, ready: 2 });
    observer.count({ runtime: 'any' }, { wanted: 1, ready: 0 });
    const text = await registry.metrics();
    const shop = 'namespace="shop",runtime="nodejs24.x"';
    expect(text).toContain(`mayfly_pool_hits_total{${shop},memory_size="512",fit="resized"} 1`);
    expect(text).toContain(`mayfly_pool_misses_total{${shop},reason="empty"} 1`);
    expect(text).toContain(`mayfly_pool_spares_wanted{${shop},memory_size="512"} 3`);
    expect(text).toContain(`mayfly_pool_spares_ready{${shop},memory_size="512"} 2`);
    expect(text).toContain(
      'mayfly_pool_spares_wanted{namespace="",runtime="any",memory_size=""} 1',
    );
  });
});
