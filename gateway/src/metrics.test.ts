import { Registry } from '@mayfly/telemetry';
import { describe, it } from 'vitest';
import { makeGatewayMetrics } from './metrics.ts';

const KEY = { namespace: 'default', functionName: 'hello' };

describe("a gateway's metrics", () => {
  it('drop the series of a qualifier that is gone, and still count what it runs', async ({
    expect,
  }) => {
    const registry = new Registry();
    const metrics = makeGatewayMetrics(registry, { queueLength: () => 0, heldBytes: () => 0 });
    const live = metrics.of(KEY, 'live');
    const latest = metrics.of(KEY, '$LATEST');
    for (const each of [live, latest]) each.observeOutcome('success', 5);
    live.observeStart();
    metrics.forgetQualifier('default/hello', 'live');
    metrics.forgetQualifier('default/other', 'live');
    live.observeEnd();
    live.observeOutcome('success', 5);

    const text = await registry.metrics();
    expect(text).not.toContain('live');
    expect(text).toContain('qualifier="$LATEST",outcome="success"} 1');
    expect(text).toContain('mayfly_concurrent_executions{namespace="default",function="hello"} 0');
  });
});
