import fc from 'fast-check';
import { describe, it } from 'vitest';
import {
  EXECUTION_ENVIRONMENT_TRANSITIONS,
  IllegalTransitionError,
  isTransitionAllowed,
  transitionExecutionEnvironment,
} from './execution-environment.ts';
import type { ExecutionEnvironmentState } from './execution-environment.ts';

const STATES: readonly ExecutionEnvironmentState[] = [
  'created',
  'waiting',
  'initialising',
  'idle',
  'busy',
  'resetting',
  'terminating',
];

describe('execution environment lifecycle', () => {
  it('lets one life go through every state', ({ expect }) => {
    const life: readonly ExecutionEnvironmentState[] = [
      'waiting',
      'initialising',
      'idle',
      'busy',
      'idle',
      'busy',
      'resetting',
      'idle',
      'terminating',
    ];
    let state: ExecutionEnvironmentState = 'created';
    for (const next of life) state = transitionExecutionEnvironment(state, next);
    expect(state).toBe('terminating');
  });

  it('throws on every step that is not in the table and takes every step that is', ({ expect }) => {
    fc.assert(
      fc.property(fc.constantFrom(...STATES), fc.constantFrom(...STATES), (from, to) => {
        if (EXECUTION_ENVIRONMENT_TRANSITIONS[from].includes(to)) {
          expect(transitionExecutionEnvironment(from, to)).toBe(to);
          return;
        }
        expect(() => transitionExecutionEnvironment(from, to)).toThrow(IllegalTransitionError);
      }),
    );
  });

  it('can end from everywhere and never leaves the end', ({ expect }) => {
    for (const state of STATES) {
      expect(isTransitionAllowed(state, 'terminating')).toBe(state !== 'terminating');
      expect(isTransitionAllowed('terminating', state)).toBe(false);
    }
  });

  it('is busy only after idle, so that no invocation meets a half-made runtime', ({ expect }) => {
    const before = STATES.filter((state) => isTransitionAllowed(state, 'busy'));
    expect(before).toStrictEqual(['idle']);
  });

  it('names both states in the error', ({ expect }) => {
    expect(() => transitionExecutionEnvironment('waiting', 'busy')).toThrow(
      'an execution environment cannot go from waiting to busy',
    );
  });
});
