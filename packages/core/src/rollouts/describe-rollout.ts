import type { AliasRolloutStatus, Condition } from '@mayfly/api';

/** What `Ready` of an alias says because of its rollout. */
export type RolloutCondition = Pick<Condition, 'status' | 'message'> & {
  readonly reason: 'RollingOut' | 'RolledBack';
};

/** Says what `Ready` is to be while a rollout goes on or was taken back; undefined: a rollout has no say. */
export function describeRollout(
  status: AliasRolloutStatus | undefined,
): RolloutCondition | undefined {
  if (status === undefined || status.phase === 'Completed') return undefined;
  const { fromVersion, toVersion, percentage, message } = status;
  if (status.phase === 'RolledBack') {
    return {
      status: 'False',
      reason: 'RolledBack',
      message: message ?? `Version ${toVersion} was taken back to version ${fromVersion}.`,
    };
  }
  return {
    status: 'Unknown',
    reason: 'RollingOut',
    message: `Version ${toVersion} gets ${String(percentage)} % of the invocations, version ${fromVersion} the others.`,
  };
}
