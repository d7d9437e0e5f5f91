import type { AliasRolloutStatus } from '@mayfly/api';
import { describe, it } from 'vitest';
import { describeRollout } from './describe-rollout.ts';

const GOING: AliasRolloutStatus = {
  phase: 'Progressing',
  fromVersion: '1',
  toVersion: '2',
  percentage: 12.5,
  step: 1,
  startedAt: '2026-01-01T00:00:00.000Z',
  steppedAt: '2026-01-01T00:00:00.000Z',
};

describe('the condition of a rollout', () => {
  it('is unknown while it goes on', ({ expect }) => {
    expect(describeRollout(GOING)).toEqual({
      status: 'Unknown',
      reason: 'RollingOut',
      message: 'Version 2 gets 12.5 % of the invocations, version 1 the others.',
    });
  });

  it('is false with the numbers once it was taken back', ({ expect }) => {
    const message = 'Version 2 was taken back to version 1: 3 of 4 invocations failed.';
    expect(describeRollout({ ...GOING, phase: 'RolledBack', message })).toEqual({
      status: 'False',
      reason: 'RolledBack',
      message,
    });
  });

  it.for([[undefined], [{ ...GOING, phase: 'Completed' as const }]])(
    'is none of %o',
    ([status], { expect }) => {
      expect(describeRollout(status)).toBeUndefined();
    },
  );
});
