import type { AliasRollout, AliasRouting } from '@mayfly/api';
import { describe, it } from 'vitest';
import { advanceRollout, type RolloutFacts, type RolloutPlan } from './advance-rollout.ts';
import type { RolloutOutcomes } from './judge-outcomes.ts';

const START_MS = Date.UTC(2026, 0, 1);
const CANARY: AliasRollout = { type: 'Canary', stepPercentage: 10, intervalSeconds: 60 };
const LINEAR: AliasRollout = { type: 'Linear', stepPercentage: 30, intervalSeconds: 60 };
const CAREFUL: AliasRollout = {
  ...CANARY,
  rollback: { maximumErrorPercentage: 5, maximumDurationMilliseconds: 200, minimumInvocations: 10 },
};
const NOTHING: RolloutOutcomes = { sinceMs: START_MS, invocations: 0, errors: 0, slow: 0 };

function facts(overrides: Partial<RolloutFacts>): RolloutFacts {
  return {
    rollout: CANARY,
    wished: { functionVersion: '2' },
    routing: { functionVersion: '1' },
    status: undefined,
    isChanged: false,
    outcomesOf: () => NOTHING,
    nowMs: START_MS,
    ...overrides,
  };
}

/** What follows so many seconds after the start, when all that is remembered is what a plan has written. */
function after(
  { routing, status }: RolloutPlan,
  seconds: number,
  overrides: Partial<RolloutFacts> = {},
): RolloutPlan {
  return advanceRollout(facts({ routing, status, nowMs: START_MS + seconds * 1000, ...overrides }));
}

function shared(weight: number, [from, to]: readonly [string, string] = ['1', '2']): AliasRouting {
  return { functionVersion: from, additionalVersion: { version: to, weight } };
}

describe('a rollout', () => {
  it('of a canary gives one step, then all', ({ expect }) => {
    const begun = advanceRollout(facts({}));
    expect(begun.routing).toEqual(shared(0.1));
    expect(begun.status).toMatchObject({ phase: 'Progressing', percentage: 10, step: 1 });
    expect(begun.nextAtMs).toBe(START_MS + 60_000);

    expect(after(begun, 59.999)).toEqual(begun);

    const ended = after(begun, 60);
    expect(ended.routing).toEqual({ functionVersion: '2' });
    expect(ended.status).toEqual({
      phase: 'Completed',
      fromVersion: '1',
      toVersion: '2',
      percentage: 100,
      step: 2,
      startedAt: '2026-01-01T00:00:00.000Z',
      steppedAt: '2026-01-01T00:01:00.000Z',
    });
    expect(ended.nextAtMs).toBeUndefined();
    expect(after(ended, 61)).toEqual(ended);
  });

  it('that is linear gives equal steps until the new version has all', ({ expect }) => {
    let plan = advanceRollout(facts({ rollout: LINEAR }));
    const weights = [plan.routing.additionalVersion?.weight];
    for (const seconds of [60, 120, 180]) {
      plan = after(plan, seconds, { rollout: LINEAR });
      weights.push(plan.routing.additionalVersion?.weight);
    }
    expect(weights).toEqual([0.3, 0.6, 0.9, undefined]);
    expect(plan.routing).toEqual({ functionVersion: '2' });
    expect(plan.status).toMatchObject({ phase: 'Completed', step: 4 });
  });

  it('makes one step after it was not looked at for long, and waits again', ({ expect }) => {
    const begun = advanceRollout(facts({ rollout: LINEAR }));
    const late = after(begun, 1_000, { rollout: LINEAR });
    expect(late.routing).toEqual(shared(0.6));
    expect(late.nextAtMs).toBe(START_MS + 1_060_000);
  });

  it('whose first step is everything is over at once', ({ expect }) => {
    const plan = advanceRollout(facts({ rollout: { ...CANARY, stepPercentage: 100 } }));
    expect(plan.routing).toEqual({ functionVersion: '2' });
    expect(plan.status?.phase).toBe('Completed');
  });

  it('leaves no noise of adding up in the weights', ({ expect }) => {
    const rollout = { ...LINEAR, stepPercentage: 0.1 };
    let plan = advanceRollout(facts({ rollout }));
    for (let minute = 1; minute <= 6; minute += 1) plan = after(plan, minute * 60, { rollout });
    expect(plan.status?.percentage).toBe(0.7);
  });

  it('hands on what else invocations get', ({ expect }) => {
    const url = { authType: 'NONE', invokeMode: 'BUFFERED' } as const;
    const plan = advanceRollout(facts({ wished: { functionVersion: '2', url } }));
    expect(plan.routing).toEqual({ ...shared(0.1), url });
  });

  it.for<readonly [string, Partial<RolloutFacts>]>([
    ['the first version', { routing: undefined }],
    ['a change without spec.rollout', { rollout: undefined }],
    ['a change to $LATEST', { wished: { functionVersion: '$LATEST' } }],
    ['a change from $LATEST', { routing: { functionVersion: '$LATEST' } }],
    ['weights set by hand', { wished: shared(0.5) }],
    ['the version that is served', { routing: { functionVersion: '2' } }],
  ])('is not made of %s: it comes at once', ([, overrides], { expect }) => {
    const given = facts(overrides);
    expect(advanceRollout(given)).toEqual({
      routing: given.wished,
      status: undefined,
      nextAtMs: undefined,
    });
  });

  it('starts from the main version where weights were set by hand', ({ expect }) => {
    expect(advanceRollout(facts({ routing: shared(0.5, ['1', '3']) })).routing).toEqual(
      shared(0.1),
    );
  });

  it('starts again from the version before when another one is wished', ({ expect }) => {
    const begun = advanceRollout(facts({ rollout: LINEAR }));
    const going = after(begun, 60, { rollout: LINEAR });
    const other = after(going, 70, { rollout: LINEAR, wished: { functionVersion: '3' } });
    expect(other.routing).toEqual(shared(0.3, ['1', '3']));
    expect(other.status).toMatchObject({ toVersion: '3', step: 1, percentage: 30 });
    expect(other.status?.startedAt).toBe('2026-01-01T00:01:10.000Z');
  });

  it('ends at once in the new version without spec.rollout', ({ expect }) => {
    const begun = advanceRollout(facts({}));
    const ended = after(begun, 10, { rollout: undefined });
    expect(ended.routing).toEqual({ functionVersion: '2' });
    expect(ended.status).toMatchObject({ phase: 'Completed', percentage: 100 });
  });

  it('goes back at once when the version before is wished', ({ expect }) => {
    const begun = advanceRollout(facts({}));
    const wished = { functionVersion: '1' };
    expect(after(begun, 10, { wished })).toEqual({
      routing: wished,
      status: undefined,
      nextAtMs: undefined,
    });
  });
});

describe('a rollout with rules of rollback', () => {
  const begun = advanceRollout(facts({ rollout: CAREFUL }));
  const judged = (outcomes: Partial<RolloutOutcomes>, seconds = 10): RolloutPlan =>
    after(begun, seconds, { rollout: CAREFUL, outcomesOf: () => ({ ...NOTHING, ...outcomes }) });

  it('goes back when more fail than may', ({ expect }) => {
    const back = judged({ invocations: 40, errors: 3 });
    expect(back.routing).toEqual({ functionVersion: '1' });
    expect(back.status).toMatchObject({
      phase: 'RolledBack',
      percentage: 0,
      steppedAt: '2026-01-01T00:00:10.000Z',
      message:
        'Version 2 was taken back to version 1: 3 of 40 invocations (7.5 %) failed, at most 5 % may.',
    });
    expect(back.nextAtMs).toBeUndefined();
  });

  it('goes back when more than five of a hundred are slow', ({ expect }) => {
    expect(judged({ invocations: 100, slow: 6 }).status?.message).toBe(
      'Version 2 was taken back to version 1: 6 of 100 invocations (6 %) took longer than 200 ms, at most 5 % may.',
    );
  });

  it.for<readonly [string, Partial<RolloutOutcomes>]>([
    ['too few are known', { invocations: 9, errors: 9, slow: 9 }],
    ['as many fail as may', { invocations: 20, errors: 1 }],
    ['five of a hundred are slow', { invocations: 100, slow: 5 }],
  ])('goes on while %s', ([, outcomes], { expect }) => {
    expect(judged(outcomes)).toEqual(begun);
  });

  it('judges before a step that is due', ({ expect }) => {
    expect(judged({ invocations: 10, errors: 10 }, 60).status?.phase).toBe('RolledBack');
  });

  it('waits with a step until outcomes have been counted for five seconds', ({ expect }) => {
    const sinceMs = START_MS + 58_000;
    expect(judged({ sinceMs }, 60).nextAtMs).toBe(START_MS + 63_000);
    expect(judged({ sinceMs }, 63).status?.phase).toBe('Completed');
  });

  it('judges only what has a bound', ({ expect }) => {
    const rollout = { ...CANARY, rollback: { minimumInvocations: 1 } };
    const outcomesOf = () => ({ ...NOTHING, invocations: 50, errors: 50, slow: 50 });
    expect(after(begun, 10, { rollout, outcomesOf })).toEqual(begun);
  });

  describe('once taken back', () => {
    const back = judged({ invocations: 10, errors: 10 });

    it('stays back', ({ expect }) => {
      expect(after(back, 10_000, { rollout: CAREFUL })).toEqual(back);
    });

    it('is tried again when the alias is changed', ({ expect }) => {
      const again = after(back, 100, { rollout: CAREFUL, isChanged: true });
      expect(again.status).toMatchObject({ phase: 'Progressing', step: 1 });
      expect(again.status?.message).toBeUndefined();
    });

    it('rolls another version out', ({ expect }) => {
      const other = after(back, 100, { rollout: CAREFUL, wished: { functionVersion: '3' } });
      expect(other.routing).toEqual(shared(0.1, ['1', '3']));
    });

    it('is forgotten when the version before is wished', ({ expect }) => {
      const settled = after(back, 100, { rollout: CAREFUL, wished: { functionVersion: '1' } });
      expect(settled).toMatchObject({ routing: { functionVersion: '1' }, status: undefined });
    });

    it('is served in full when spec.rollout is removed', ({ expect }) => {
      const forced = after(back, 100, { rollout: undefined });
      expect(forced).toMatchObject({ routing: { functionVersion: '2' }, status: undefined });
    });
  });
});
