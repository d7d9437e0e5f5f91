import type { FunctionResource } from '@mayfly/api';
import type { ObjectKey } from '@mayfly/core';
import { makeLogger } from '@mayfly/telemetry';
import { aFunction, FakeClock } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import { NetworkPolicies } from './network-policies.ts';

type Listener = (key: ObjectKey, fn: FunctionResource | undefined) => void;

function makeWorld(namespaces: readonly string[] = []) {
  const clock = new FakeClock();
  const writes: string[] = [];
  const failing = { error: undefined as Error | undefined };
  const write = (line: string): Promise<void> => {
    writes.push(line);
    return failing.error === undefined ? Promise.resolve() : Promise.reject(failing.error);
  };
  let tell: Listener = () => undefined;
  const policies = new NetworkPolicies({
    functions: {
      list: () => namespaces.map((namespace) => aFunction({ metadata: { namespace } })).values(),
      onChange: (listener: Listener) => {
        tell = listener;
        return () => undefined;
      },
    },
    writer: {
      apply: (namespace) => write(`apply ${namespace}`),
      remove: (namespace) => write(`remove ${namespace}`),
    },
    clock,
    logger: makeLogger({ level: 'silent' }),
  });
  policies.start();
  onTestFinished(() => policies.close());
  const change = async (namespace: string, name: string, exists = true): Promise<void> => {
    tell({ namespace, name }, exists ? aFunction({ metadata: { namespace, name } }) : undefined);
    await settle();
  };
  return { clock, writes, failing, change };
}

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
}

describe('NetworkPolicies', () => {
  it('writes one policy for each namespace that has Functions', async ({ expect }) => {
    const { writes } = makeWorld(['a', 'b', 'a']);
    await settle();

    expect(writes).toEqual(['apply a', 'apply b']);
  });

  it('writes at the first Function of a namespace and removes with the last', async ({
    expect,
  }) => {
    const { writes, change } = makeWorld();
    await change('a', 'one');
    await change('a', 'two');
    await change('a', 'one', false);
    expect(writes).toEqual(['apply a']);

    await change('a', 'two', false);
    expect(writes).toEqual(['apply a', 'remove a']);
  });

  it('tries again after a failure', async ({ expect }) => {
    const { clock, writes, failing, change } = makeWorld();
    failing.error = new Error('the API server is down');
    await change('a', 'one');
    failing.error = undefined;
    clock.step(60_000);
    await settle();

    expect(writes).toEqual(['apply a', 'apply a']);
  });

  it('mends what somebody has changed, in time', async ({ expect }) => {
    const { clock, writes, change } = makeWorld();
    await change('a', 'one');
    clock.step(600_000);
    await settle();

    expect(writes).toEqual(['apply a', 'apply a']);
  });
});
