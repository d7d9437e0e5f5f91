import type { AliasResource, AliasRollout, AliasStatus } from '@mayfly/api';
import type { ObservedOutcomes } from '@mayfly/core';
import { anAlias, FakeClock } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { FakeLink } from '../fleet/testing/fleet-bed.ts';
import { Observations } from './observations.ts';
import { Rollouts, type RolloutStep } from './rollouts.ts';

const CAREFUL: AliasRollout = {
  type: 'Linear',
  stepPercentage: 50,
  intervalSeconds: 60,
  rollback: {
    maximumErrorPercentage: 10,
    maximumDurationMilliseconds: 300,
    minimumInvocations: 10,
  },
};
const OBSERVED = { key: { namespace: 'ns', functionName: 'f', revision: 'r.2' }, slowMs: 300 };

function makeOperator(link: FakeLink, clock: FakeClock) {
  const observations = new Observations({ link, clock });
  observations.start();
  const rollouts = new Rollouts({
    clock,
    observations,
    keyOf: ({ namespace, functionName }, version) =>
      version === 'missing' ? undefined : { namespace, functionName, revision: `r.${version}` },
  });
  return { rollouts };
}

/** An alias, and an operator that steps its rollout and writes down what comes of it. */
function makeWorld(overrides: Partial<AliasResource['spec']> = {}) {
  const link = new FakeLink();
  const clock = new FakeClock();
  let operator = makeOperator(link, clock);
  let alias: AliasResource = {
    apiVersion: 'mayfly.dev/v1alpha1',
    kind: 'Alias',
    metadata: {
      namespace: 'ns',
      name: 'live',
      uid: 'u',
      generation: 1,
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
    spec: {
      functionName: 'f',
      name: 'live',
      functionVersion: '2',
      description: '',
      rollout: CAREFUL,
      ...overrides,
    },
    status: { observedGeneration: 1, routing: { functionVersion: '1' }, conditions: [] },
  };
  let before = alias;
  return {
    link,
    clock,
    rollouts: operator.rollouts,
    change(spec: Partial<AliasResource['spec']>): void {
      const { metadata } = alias;
      const generation = metadata.generation + 1;
      alias = { ...alias, metadata: { ...metadata, generation }, spec: { ...alias.spec, ...spec } };
    },
    restart(): void {
      operator = makeOperator(link, clock);
    },
    /** What the last step came to was not written. */
    undo(): void {
      alias = before;
    },
    step(): RolloutStep {
      before = alias;
      const { functionVersion } = alias.spec;
      const step = operator.rollouts.step(alias, { functionVersion });
      const { routing, rollout } = step;
      const observedGeneration = alias.metadata.generation;
      const status = { routing, rollout, observedGeneration, conditions: [] } as AliasStatus;
      alias = { ...alias, status };
      return step;
    },
    tell(gatewayId: string, counts: Partial<ObservedOutcomes>): void {
      const outcomes = [{ ...OBSERVED, invocations: 10, errors: 0, slow: 0, ...counts }];
      link.say({ kind: 'outcomes', outcomes }, gatewayId);
    },
    observed(gatewayId: string): unknown {
      const last = link.to(gatewayId).at(-1);
      return last?.kind === 'observe' ? last.revisions : undefined;
    },
  };
}

describe('the rollout of an alias', () => {
  it('begins at no version that is gone: the new one has everything at once', ({ expect }) => {
    const { rollouts } = makeWorld();
    const status = {
      observedGeneration: 1,
      routing: { functionVersion: 'missing' },
      conditions: [],
    };
    const spec = { functionVersion: '2', rollout: CAREFUL };
    expect(rollouts.step(anAlias({ spec, status }), { functionVersion: '2' })).toMatchObject({
      routing: { functionVersion: '2' },
      rollout: undefined,
      requeueAfterMs: undefined,
    });
  });

  it('is stepped when its time has come, while the new version is observed', ({ expect }) => {
    const { link, clock, step, observed } = makeWorld();
    link.connect('g1');
    expect(observed('g1')).toEqual([]);

    expect(step()).toEqual({
      routing: { functionVersion: '1', additionalVersion: { version: '2', weight: 0.5 } },
      rollout: expect.objectContaining({ phase: 'Progressing', percentage: 50 }),
      condition: expect.objectContaining({ status: 'Unknown', reason: 'RollingOut' }),
      requeueAfterMs: 60_000,
    });
    expect(observed('g1')).toEqual([OBSERVED]);

    clock.step(60_000);
    expect(step()).toEqual({
      routing: { functionVersion: '2' },
      rollout: expect.objectContaining({ phase: 'Completed' }),
      condition: undefined,
      requeueAfterMs: undefined,
    });
    step();
    expect(observed('g1')).toEqual([]);
  });

  it('is taken back by what all gateways have seen together', ({ expect }) => {
    const { link, step, tell, observed } = makeWorld();
    link.connect('g1');
    link.connect('g2');
    step();
    tell('g1', { invocations: 9, errors: 1 });
    expect(step().rollout?.phase).toBe('Progressing');
    tell('g2', { invocations: 9, errors: 1 });
    expect(step()).toMatchObject({
      routing: { functionVersion: '1' },
      condition: {
        status: 'False',
        reason: 'RolledBack',
        message:
          'Version 2 was taken back to version 1: 2 of 18 invocations (11.1 %) failed, at most 10 % may.',
      },
      requeueAfterMs: undefined,
    });
    step();
    expect(observed('g2')).toEqual([]);
  });

  it('is taken back again when that could not be written down', ({ expect }) => {
    const { link, step, tell, undo } = makeWorld();
    link.connect('g1');
    step();
    tell('g1', { errors: 10 });
    expect(step().rollout?.phase).toBe('RolledBack');
    undo();
    expect(step().rollout?.phase).toBe('RolledBack');
  });

  it('counts from zero when it is tried again', ({ expect }) => {
    const { link, clock, step, tell, change } = makeWorld();
    link.connect('g1');
    step();
    tell('g1', { errors: 10 });
    expect(step().rollout?.phase).toBe('RolledBack');
    clock.step(1_000);
    change({ description: 'again' });
    expect(step().rollout?.phase).toBe('Progressing');
    expect(step().rollout?.phase).toBe('Progressing');
  });

  it('goes on under another operator, which counts for five seconds before a step', ({
    expect,
  }) => {
    const { link, clock, step, restart, observed } = makeWorld();
    step();
    clock.step(59_000);
    restart();
    link.connect('g1');
    expect(step()).toMatchObject({ rollout: { percentage: 50 }, requeueAfterMs: 5_000 });
    expect(observed('g1')).toEqual([OBSERVED]);
    clock.step(5_000);
    expect(step().rollout?.phase).toBe('Completed');
  });

  it('is not waited for when its version cannot be counted', ({ expect }) => {
    const { clock, step } = makeWorld({ functionVersion: 'missing' });
    step();
    clock.step(60_000);
    expect(step().rollout?.phase).toBe('Completed');
  });

  it('says which alias there is news of', ({ expect }) => {
    const { link, rollouts, step, tell } = makeWorld();
    const news: unknown[] = [];
    rollouts.onNews((key) => news.push(key));
    link.connect('g1');
    step();
    tell('g1', { slowMs: 20 });
    expect(news).toEqual([]);
    tell('g1', {});
    expect(news).toEqual([{ namespace: 'ns', name: 'live' }]);
  });

  it('is observed no more when the alias is gone', ({ expect }) => {
    const { link, rollouts, step, observed } = makeWorld();
    let tellChange: (key: { namespace: string; name: string }) => void = () => undefined;
    rollouts.follow({
      onChange(listener) {
        tellChange = (key) => {
          listener(key, undefined);
        };
        return () => undefined;
      },
    });
    link.connect('g1');
    step();
    tellChange({ namespace: 'ns', name: 'live' });
    expect(observed('g1')).toEqual([]);
  });

  it('says nothing to gateways that have gone', ({ expect }) => {
    const { link, step, observed } = makeWorld();
    link.connect('g1');
    link.disconnect('g1');
    step();
    expect(observed('g1')).toEqual([]);
  });
});
