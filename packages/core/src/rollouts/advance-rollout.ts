import type { AliasRollout, AliasRolloutStatus, AliasRouting } from '@mayfly/api';
import { LATEST } from '@mayfly/lambda-api';
import { judgeOutcomes, type RolloutOutcomes } from './judge-outcomes.ts';

/** All that a rollout is decided from. What it remembers is in the status of its alias, and nowhere else. */
export interface RolloutFacts {
  /** `spec.rollout`; undefined: all at once. */
  readonly rollout: AliasRollout | undefined;
  /** What the alias asks for, found good. */
  readonly wished: AliasRouting;
  /** `status.routing`: what invocations get now. */
  readonly routing: AliasRouting | undefined;
  /** `status.rollout`: the rollout under way, or the last one. */
  readonly status: AliasRolloutStatus | undefined;
  /** The alias was changed since its status was written: what was taken back may be tried again. */
  readonly isChanged: boolean;
  /** What came of invocations of a version since they are counted. */
  readonly outcomesOf: (version: string) => RolloutOutcomes;
  readonly nowMs: number;
}

/** What invocations get from now on. */
export interface RolloutPlan {
  readonly routing: AliasRouting;
  readonly status: AliasRolloutStatus | undefined;
  /** When the next step is due; undefined: nothing goes on. */
  readonly nextAtMs: number | undefined;
}

/**
 * After counting began, outcomes of this long are waited for before a step: an operator that has just begun
 * knows nothing of what came before.
 */
const MIN_COUNTED_MS = 5_000;

/**
 * Decides what share of the invocations a new version gets. A rollout begins when `functionVersion` differs from
 * the version that is served; $LATEST on either side, weights set by hand and a first version come at once.
 */
export function advanceRollout(facts: RolloutFacts): RolloutPlan {
  const { rollout, wished, routing } = facts;
  const stable = routing?.functionVersion;
  if (rollout === undefined || stable === undefined) return atOnce(facts);
  if (stable === wished.functionVersion || !canBeShared(stable, wished)) return atOnce(facts);
  return shift(facts, rollout, stable);
}

function shift(facts: RolloutFacts, rollout: AliasRollout, stable: string): RolloutPlan {
  const { status, wished, isChanged } = facts;
  if (status?.toVersion === wished.functionVersion && status.fromVersion === stable) {
    if (status.phase === 'Progressing') return goOn(facts, rollout, status);
    if (status.phase === 'RolledBack' && !isChanged) return stayBack(wished, status);
  }
  return begin(facts, rollout, stable);
}

function canBeShared(
  stable: string,
  { functionVersion, additionalVersion }: AliasRouting,
): boolean {
  return stable !== LATEST && functionVersion !== LATEST && additionalVersion === undefined;
}

function atOnce({ wished, status, nowMs }: RolloutFacts): RolloutPlan {
  return { routing: wished, status: finish(status, wished, nowMs), nextAtMs: undefined };
}

/** What is left to tell of a rollout once all is served as asked for: that it arrived, or nothing. */
function finish(
  status: AliasRolloutStatus | undefined,
  { functionVersion, additionalVersion }: AliasRouting,
  nowMs: number,
): AliasRolloutStatus | undefined {
  const hasArrived = status?.toVersion === functionVersion && additionalVersion === undefined;
  if (!hasArrived || status.phase === 'RolledBack') return undefined;
  if (status.phase === 'Completed') return status;
  return { ...status, phase: 'Completed', percentage: 100, steppedAt: toTime(nowMs) };
}

function begin(facts: RolloutFacts, rollout: AliasRollout, stable: string): RolloutPlan {
  const now = toTime(facts.nowMs);
  const status: AliasRolloutStatus = {
    phase: 'Progressing',
    fromVersion: stable,
    toVersion: facts.wished.functionVersion,
    percentage: 0,
    step: 0,
    startedAt: now,
    steppedAt: now,
  };
  return step(facts, rollout, status);
}

function goOn(facts: RolloutFacts, rollout: AliasRollout, status: AliasRolloutStatus): RolloutPlan {
  const outcomes = facts.outcomesOf(status.toVersion);
  const problem =
    rollout.rollback === undefined ? undefined : judgeOutcomes(outcomes, rollout.rollback);
  if (problem !== undefined) {
    const message = `Version ${status.toVersion} was taken back to version ${status.fromVersion}: ${problem}.`;
    const back = { phase: 'RolledBack', percentage: 0, steppedAt: toTime(facts.nowMs) } as const;
    return stayBack(facts.wished, { ...status, ...back, message });
  }
  const dueMs = computeDueMs(rollout, status, outcomes);
  if (facts.nowMs >= dueMs) return step(facts, rollout, status);
  return { routing: share(facts.wished, status), status, nextAtMs: dueMs };
}

function computeDueMs(
  { intervalSeconds, rollback }: AliasRollout,
  { steppedAt }: AliasRolloutStatus,
  { sinceMs }: RolloutOutcomes,
): number {
  const intervalMs = intervalSeconds * 1000;
  const dueMs = Date.parse(steppedAt) + intervalMs;
  if (rollback === undefined) return dueMs;
  return Math.max(dueMs, sinceMs + Math.min(intervalMs, MIN_COUNTED_MS));
}

/** Linear 30: 30, 60, 90, 100. Canary 30: 30, 100. However late it is, never more than one. */
function step(facts: RolloutFacts, rollout: AliasRollout, status: AliasRolloutStatus): RolloutPlan {
  const { wished, nowMs } = facts;
  const isLast = rollout.type === 'Canary' && status.step > 0;
  const percentage = isLast
    ? 100
    : Math.min(100, withoutNoise(status.percentage + rollout.stepPercentage));
  const stepped = { ...status, percentage, step: status.step + 1, steppedAt: toTime(nowMs) };
  if (percentage >= 100) {
    return { routing: wished, status: { ...stepped, phase: 'Completed' }, nextAtMs: undefined };
  }
  const nextAtMs = nowMs + rollout.intervalSeconds * 1000;
  return { routing: share(wished, stepped), status: stepped, nextAtMs };
}

function share(wished: AliasRouting, status: AliasRolloutStatus): AliasRouting {
  const { fromVersion, toVersion, percentage } = status;
  return {
    ...wished,
    functionVersion: fromVersion,
    additionalVersion: { version: toVersion, weight: percentage / 100 },
  };
}

function stayBack(wished: AliasRouting, status: AliasRolloutStatus): RolloutPlan {
  const routing = { ...wished, functionVersion: status.fromVersion };
  return { routing, status, nextAtMs: undefined };
}

/** 0.1 + 0.2 is to be 0.3. */
function withoutNoise(percentage: number): number {
  return Math.round(percentage * 1e6) / 1e6;
}

function toTime(ms: number): string {
  return new Date(ms).toISOString();
}
