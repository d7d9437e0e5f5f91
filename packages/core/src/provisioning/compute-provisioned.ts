import type { ProvisionedConcurrency } from '@mayfly/api';
import {
  clampToBounds,
  NO_UTILIZATION,
  trackUtilization,
  type Tracked,
  type UtilizationSample,
} from './track-utilization.ts';

/** The schedule that began last. */
export interface BegunSchedule {
  readonly beganAtMs: number;
  readonly provisionedConcurrentExecutions: number;
}

/** How many there are to be, and what target tracking remembers. */
export interface ProvisionedWish extends Tracked {
  /** What the schedule or the setting asks for: where tracking begins. */
  readonly base: number;
}

/** What was written before, for whoever begins. */
export interface WrittenProvision {
  readonly requested: number;
  readonly sinceMs: number;
}

/** What the number is computed from. */
export interface ProvisionedFacts {
  readonly spec: ProvisionedConcurrency;
  /** Undefined: none has begun yet. */
  readonly begun: BegunSchedule | undefined;
  /** What was computed before. */
  readonly previous: ProvisionedWish | undefined;
  /** What an operator before us has written; used while nothing was computed before. */
  readonly written: WrittenProvision | undefined;
  readonly sample: UtilizationSample;
}

/**
 * Computes how many are to be provisioned now: what the schedule that began last says, before any began the
 * setting. With target tracking that is where it begins, again with every schedule, within the bounds.
 */
export function computeProvisioned(facts: ProvisionedFacts): ProvisionedWish {
  const { spec, begun, previous, sample } = facts;
  const base = begun?.provisionedConcurrentExecutions ?? spec.provisionedConcurrentExecutions;
  const { targetTracking: tracking } = spec;
  if (tracking === undefined) return { base, wanted: base, history: NO_UTILIZATION };
  if (previous === undefined) {
    const wanted = clampToBounds(restore(facts) ?? base, tracking);
    return { base, wanted, history: NO_UTILIZATION };
  }
  if (previous.base !== base) {
    return { base, wanted: clampToBounds(base, tracking), history: NO_UTILIZATION };
  }
  const { wanted, history } = trackUtilization(previous, tracking, sample);
  return { base, wanted: clampToBounds(wanted, tracking), history };
}

/** What was tracked before holds on, unless a schedule has begun since. */
function restore({ begun, written }: ProvisionedFacts): number | undefined {
  if (written === undefined) return undefined;
  return begun !== undefined && begun.beganAtMs > written.sinceMs ? undefined : written.requested;
}
