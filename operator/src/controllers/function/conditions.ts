import type { Condition, FunctionStatus } from '@mayfly/api';

/** Condition types of a Function. `Ready` is the summary and comes first. */
export const CONDITION = {
  ready: 'Ready',
  codeResolved: 'CodeResolved',
  layersResolved: 'LayersResolved',
  codeSigned: 'CodeSigned',
  runtimeAvailable: 'RuntimeAvailable',
  concurrencyReserved: 'ConcurrencyReserved',
  workloadAvailable: 'WorkloadAvailable',
} as const;

/** A status while a reconcile works on it. */
export type MutableStatus = { -readonly [K in keyof FunctionStatus]: FunctionStatus[K] };

/** Why something does not hold. */
export interface Reason {
  readonly reason: string;
  readonly message: string;
}

/** Where and when conditions are set. */
export interface ConditionStamp {
  readonly nowIso: string;
  readonly observedGeneration: number;
}

/** Sets one condition in memory; `lastTransitionTime` moves only when the status flips. */
export function markCondition(
  status: { conditions: readonly Condition[] },
  stamp: ConditionStamp,
  next: { readonly type: string; readonly status: Condition['status'] } & Reason,
): void {
  const before = status.conditions.find((c) => c.type === next.type);
  const condition: Condition = {
    ...next,
    observedGeneration: stamp.observedGeneration,
    lastTransitionTime: before?.status === next.status ? before.lastTransitionTime : stamp.nowIso,
  };
  const others = status.conditions.filter((c) => c.type !== next.type);
  status.conditions =
    next.type === CONDITION.ready ? [condition, ...others] : [...others, condition];
}
