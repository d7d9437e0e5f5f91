import type { CodeSigningConfigResource, FunctionResource } from '@mayfly/api';
import { codeSigningConfigArnOf, type Informer, type ObjectKey } from '@mayfly/core';
import { aCodeSigningConfig, aFunction, FakeClock } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { CodeSigningConfigs } from './code-signing-configs.ts';

type Listener = Parameters<Informer<'CodeSigningConfig'>['onChange']>[0];

const account = { region: 'us-east-1', accountId: '000000000000' };
const arn = codeSigningConfigArnOf(aCodeSigningConfig(), account);
const archives = { codeSha256: 'sha' };

function makeConfigs(
  known: readonly CodeSigningConfigResource[],
  { functions = [], isLate = false }: { functions?: FunctionResource[]; isLate?: boolean } = {},
) {
  const listeners: Listener[] = [];
  const clock = new FakeClock();
  const configs = new CodeSigningConfigs({
    store: {} as never,
    events: { record: () => undefined },
    account,
    clock,
    functions: { list: () => functions.values() },
    configs: {
      hasSynced: !isLate,
      list: () => known.values(),
      start: () => (isLate ? new Promise<void>(() => undefined) : Promise.resolve()),
      onChange: (listener: Listener) => listeners.push(listener),
    } as never,
  });
  return { configs, clock, listeners };
}

describe('CodeSigningConfigs', () => {
  const fn = aFunction({ spec: { codeSigningConfigArn: arn } });

  it('judge by the config of the same namespace that is not being deleted', ({ expect }) => {
    const verdictOf = (metadata: Partial<CodeSigningConfigResource['metadata']>): string =>
      makeConfigs([aCodeSigningConfig({ metadata })]).configs.judge(fn, archives).kind;
    expect(verdictOf({})).toBe('unsigned');
    expect(verdictOf({ namespace: 'elsewhere' })).toBe('refused');
    expect(verdictOf({ deletionTimestamp: '2026-01-01T00:00:00Z' })).toBe('refused');
  });

  it('hold nothing up while they cannot be listed', async ({ expect }) => {
    const { configs, clock } = makeConfigs([], { isLate: true });
    const following = configs.follow(new AbortController().signal);
    clock.step(1000);
    await following;
    expect(configs.judge(fn, archives)).toMatchObject({ kind: 'pending' });
    expect(configs.judge(aFunction(), archives)).toEqual({ kind: 'unasked' });
  });

  it('wake the functions of the namespace that ask for a config', async ({ expect }) => {
    const near = aFunction({ metadata: { name: 'near' }, spec: { codeSigningConfigArn: arn } });
    const far = aFunction({
      metadata: { name: 'far', namespace: 'elsewhere' },
      spec: { codeSigningConfigArn: arn },
    });
    const { configs, listeners } = makeConfigs([], { functions: [near, far, aFunction()] });
    const woken: string[] = [];
    const runner = { enqueue: ({ name }: ObjectKey) => woken.push(name) };
    const { signal } = new AbortController();
    await configs.follow(signal);
    await configs.start(() => undefined as never, runner, signal);
    expect(woken.splice(0)).toEqual(['near', 'far']);
    const { namespace } = near.metadata;
    for (const listener of listeners) listener({ namespace, name: 'signed' }, undefined);
    expect(woken).toEqual(['near']);
  });
});
