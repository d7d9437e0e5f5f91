/** Where an execution environment is in its life. */
export type ExecutionEnvironmentState =
  'created' | 'waiting' | 'initialising' | 'idle' | 'busy' | 'resetting' | 'terminating';

/**
 * Every transition that exists. `idle` does not promise a live runtime: after a failed init or a reset the
 * next invocation starts one under its own deadline.
 */
export const EXECUTION_ENVIRONMENT_TRANSITIONS: Readonly<
  Record<ExecutionEnvironmentState, readonly ExecutionEnvironmentState[]>
> = {
  created: ['waiting', 'terminating'],
  waiting: ['initialising', 'terminating'],
  initialising: ['idle', 'resetting', 'terminating'],
  idle: ['busy', 'resetting', 'terminating'],
  busy: ['idle', 'resetting', 'terminating'],
  resetting: ['idle', 'terminating'],
  terminating: [],
};

/** A step that the lifecycle does not have: a defect of the caller. */
export class IllegalTransitionError extends Error {
  override readonly name = 'IllegalTransitionError';
  readonly from: ExecutionEnvironmentState;
  readonly to: ExecutionEnvironmentState;

  constructor(from: ExecutionEnvironmentState, to: ExecutionEnvironmentState) {
    super(`an execution environment cannot go from ${from} to ${to}`);
    this.from = from;
    this.to = to;
  }
}

/** Whether the lifecycle has this step. */
export function isTransitionAllowed(
  from: ExecutionEnvironmentState,
  to: ExecutionEnvironmentState,
): boolean {
  return EXECUTION_ENVIRONMENT_TRANSITIONS[from].includes(to);
}

/**
 * Takes one step and returns where it led.
 * @throws IllegalTransitionError when the lifecycle has no such step
 */
export function transitionExecutionEnvironment(
  from: ExecutionEnvironmentState,
  to: ExecutionEnvironmentState,
): ExecutionEnvironmentState {
  if (!isTransitionAllowed(from, to)) throw new IllegalTransitionError(from, to);
  return to;
}
