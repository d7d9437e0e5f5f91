import type { StartDurations } from '@mayfly/core';

/** On the answer of an invocation that waited for its execution environment to start. */
export const COLD_START_HEADER = 'x-mayfly-cold-start';

/** Where the time of a cold start went, in milliseconds, one after the other. */
export interface ColdStart extends StartDurations {
  /** Waiting in a gateway, beyond what the operator knows of: for others, for the link, for the creation rate. */
  readonly queueMs: number;
  /** From handing it over to the answer. */
  readonly invokeMs: number;
}

/** The parts, in the order in which they pass. */
export const COLD_START_PHASES = ['queue', 'grant', 'pod', 'assign', 'init', 'invoke'] as const;

/** What an invocation took, seen by its gateway. */
export interface ColdInvocation {
  /** Until it had an execution environment. */
  readonly waitedMs: number;
  /** From handing it over to the answer. */
  readonly tookMs: number;
  /** How long it was held there, until init was over, and how long init took. 0: it came later. */
  readonly heldMs: number;
  readonly initMs: number;
}

/** Splits what an invocation took. What it was held for belongs to its start. */
export function splitColdStart(
  start: StartDurations,
  { waitedMs, tookMs, heldMs, ...held }: ColdInvocation,
): ColdStart {
  const heldInitMs = Math.min(held.initMs, heldMs);
  const invokeMs = Math.max(0, tookMs - heldMs);
  const { grantMs, podMs } = start;
  const assignMs = start.assignMs + heldMs - heldInitMs;
  const initMs = start.initMs + heldInitMs;
  // One that came late waited for a part of a start that had begun before: nothing is negative.
  const queueMs = Math.max(0, waitedMs - grantMs - podMs - start.assignMs - start.initMs);
  return { queueMs, grantMs, podMs, assignMs, initMs, invokeMs };
}

/** As a header, in the form of `Server-Timing`: `queue;dur=0.4, grant;dur=1.0, pod;dur=612.3, …`. */
export function describeColdStart(coldStart: ColdStart): string {
  return COLD_START_PHASES.map(
    (phase) => `${phase};dur=${coldStart[`${phase}Ms`].toFixed(1)}`,
  ).join(', ');
}
