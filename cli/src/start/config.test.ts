import { describe, it } from 'vitest';
import { loadEmbeddedConfig } from './config.ts';
import { StartOptions } from './options.ts';

const OPTIONS = StartOptions.parse({
  directories: [],
  host: '127.0.0.1',
  port: 0,
  adminPort: 0,
  stateDirectory: '/var/lib/mayfly',
  logLevel: 'silent',
  isTerminal: false,
});

describe('the configuration of the embedded mode', () => {
  it('has no pools but the agents for every runtime', ({ expect }) => {
    const config = loadEmbeddedConfig(OPTIONS, {});
    expect(config).toMatchObject({ spareAgents: 2, pools: [], poolRefillPerSecond: 4 });
  });

  it('takes pools in the words of the chart, where processes have no size', ({ expect }) => {
    const pools = [
      { namespace: 'a', runtime: 'nodejs24.x', memorySize: 128, size: 2 },
      { namespace: 'a', runtime: 'nodejs24.x', memorySize: 512, size: 1 },
      { runtime: 'python3.13', size: 1 },
    ];
    const variables = { MAYFLY_POOLS: JSON.stringify(pools), MAYFLY_POOL_REFILL_PER_SECOND: '0.5' };
    const config = loadEmbeddedConfig(OPTIONS, variables);
    expect(config.poolRefillPerSecond).toBe(0.5);
    expect(config.pools).toEqual([
      { runtime: 'nodejs24.x', size: 3 },
      { runtime: 'python3.13', size: 1 },
    ]);
  });

  it.for(['nodejs24.x', '[{"runtime":"nodejs24.x"}]', '[{"size":1}]', '{}'])(
    'names pools that are none: %s',
    (pools, { expect }) => {
      expect(() => loadEmbeddedConfig(OPTIONS, { MAYFLY_POOLS: pools })).toThrow('MAYFLY_POOLS');
    },
  );
});
