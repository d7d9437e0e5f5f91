import type { AliasRollout } from '@mayfly/api';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { advanceRollout, type RolloutFacts, type RolloutPlan } from './advance-rollout.ts';
import type { RolloutOutcomes } from './judge-outcomes.ts';

const START_MS = Date.UTC(2026, 0, 1);

const rollout: fc.Arbitrary<AliasRollout> = fc.record(
  {
    type: fc.constantFrom('Canary' as const, 'Linear' as const),
    stepPercentage: fc.integer({ min: 5, max: 1000 }).map((tenths) => tenths / 10),
    intervalSeconds: fc.integer({ min: 1, max: 1_000 }),
    rollback: fc.record({
      maximumErrorPercentage: fc.integer({ min: 0, max: 100 }),
      maximumDurationMilliseconds: fc.integer({ min: 1, max: 1_000 }),
      minimumInvocations: fc.integer({ min: 1, max: 20 }),
    }),
  },
  { requiredKeys: ['type', 'stepPercentage', 'intervalSeconds'] },
);

/** What is seen of the new version after a pause of so many milliseconds. */
const moment = fc.record({
  pauseMs: fc.integer({ min: 0, max: 2_000_000 }),
  invocations: fc.integer({ min: 0, max: 20 }),
  errors: fc.integer({ min: 0, max: 2 }),
  /** Counting begins anew: another operator leads. */
  isRestart: fc.boolean(),
});

function facts(given: Partial<RolloutFacts> & Pick<RolloutFacts, 'rollout'>): RolloutFacts {
  return {
    wished: { functionVersion: '2' },
    routing: { functionVersion: '1' },
    status: undefined,
    isChanged: false,
    outcomesOf: () => ({ sinceMs: START_MS, invocations: 0, errors: 0, slow: 0 }),
    nowMs: START_MS,
    ...given,
  };
}

function weightOf({ routing }: RolloutPlan): number {
  return routing.functionVersion === '2' ? 1 : (routing.additionalVersion?.weight ?? 0);
}

/** As the API server keeps it: all that an operator knows of what was before. */
function stored<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
}

/** The plans of a rollout that is looked at in these moments, each made from what the one before has written. */
function run(
  given: AliasRollout,
  moments: readonly (typeof moment extends fc.Arbitrary<infer T> ? T : never)[],
): RolloutPlan[] {
  const plans = [advanceRollout(facts({ rollout: given }))];
  let nowMs = START_MS;
  let seen: RolloutOutcomes = { sinceMs: START_MS, invocations: 0, errors: 0, slow: 0 };
  for (const { pauseMs, invocations, errors, isRestart } of moments) {
    nowMs += pauseMs;
    const before = isRestart ? { sinceMs: nowMs, invocations: 0, errors: 0, slow: 0 } : seen;
    seen = {
      ...before,
      invocations: before.invocations + invocations,
      errors: before.errors + Math.min(errors, invocations),
    };
    const outcomesOf = (): RolloutOutcomes => seen;
    const { routing, status } = stored(plans.at(-1)) ?? {};
    plans.push(advanceRollout(facts({ rollout: given, routing, status, outcomesOf, nowMs })));
  }
  return plans;
}

describe('every rollout', () => {
  it('gives the new version more and more, never more than all, until it is taken back', ({
    expect,
  }) => {
    fc.assert(
      fc.property(rollout, fc.array(moment), (given, moments) => {
        const plans = run(given, moments);
        const firstBack = plans.findIndex(({ status }) => status?.phase === 'RolledBack');
        const forth = firstBack < 0 ? plans : plans.slice(0, firstBack);
        const weights = forth.map(weightOf);
        expect(weights).toEqual(weights.toSorted((a, b) => a - b));
        expect(weights.every((weight) => weight > 0 && weight <= 1)).toBe(true);
        const back = firstBack < 0 ? [] : plans.slice(firstBack);
        expect(back.every((plan) => weightOf(plan) === 0)).toBe(true);
      }),
    );
  });

  it('steps once an interval at the most', ({ expect }) => {
    fc.assert(
      fc.property(rollout, fc.array(moment), (given, moments) => {
        const statuses = run(given, moments).map(({ status }) => status);
        for (const [at, status] of statuses.entries()) {
          const before = statuses[at - 1];
          if (before === undefined || status?.step === before.step) continue;
          const sinceMs = Date.parse(status?.steppedAt ?? '') - Date.parse(before.steppedAt);
          expect(status?.step).toBe(before.step + 1);
          expect(sinceMs).toBeGreaterThanOrEqual(given.intervalSeconds * 1000);
        }
      }),
    );
  });

  it('ends when it is looked at whenever it says', ({ expect }) => {
    fc.assert(
      fc.property(rollout, fc.integer({ min: 0, max: 5 }), (given, failing) => {
        let plan = advanceRollout(facts({ rollout: given }));
        for (let looks = 0; plan.nextAtMs !== undefined; looks += 1) {
          expect(looks).toBeLessThanOrEqual(201);
          const outcomesOf = (): RolloutOutcomes => ({
            sinceMs: START_MS,
            invocations: looks * 100,
            errors: looks * failing,
            slow: 0,
          });
          const { routing, status } = stored(plan);
          const nowMs = plan.nextAtMs;
          plan = advanceRollout(facts({ rollout: given, routing, status, outcomesOf, nowMs }));
        }
        expect(plan.status?.phase).not.toBe('Progressing');
      }),
    );
  });

  it('goes on from what was written as if nobody had gone', ({ expect }) => {
    fc.assert(
      fc.property(rollout, fc.integer({ min: 0, max: 3_000_000 }), (given, laterMs) => {
        const begun = advanceRollout(facts({ rollout: given }));
        const nowMs = START_MS + laterMs;
        const known = advanceRollout(facts({ rollout: given, ...begun, nowMs }));
        const read = advanceRollout(facts({ rollout: given, ...stored(begun), nowMs }));
        expect(stored(read)).toEqual(stored(known));
      }),
    );
  });
});
