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

/** Splits what an invocation took: `waitedMs` until it had an execution environment, `invokeMs` on it. */
export function splitColdStart(
  start: StartDurations,
  { waitedMs, invokeMs }: { readonly waitedMs: number; readonly invokeMs: number },
): ColdStart {
  const { grantMs, podMs, assignMs, initMs } = start;
  // One that came late waited for a part of a start that had begun before: nothing is negative.
  const queueMs = Math.max(0, waitedMs - grantMs - podMs - assignMs - initMs);
  return { queueMs, grantMs, podMs, assignMs, initMs, invokeMs };
}

/** As a header, in the form of `Server-Timing`: `queue;dur=0.4, grant;dur=1.0, pod;dur=612.3, …`. */
export function describeColdStart(coldStart: ColdStart): string {
  return COLD_START_PHASES.map(
    (phase) => `${phase};dur=${coldStart[`${phase}Ms`].toFixed(1)}`,
  ).join(', ');
}
