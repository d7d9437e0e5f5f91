import type { Clock, CreateRequest } from '@mayfly/core';
import { ANNOTATIONS, LABELS, makeFunctionMarks, makeOwnerReference } from '@mayfly/manifests';
import type { Logger } from '@mayfly/telemetry';
import type { PodRef } from './agent-token.ts';
import { statusOf } from './driver-error.ts';
import { pause } from './pause.ts';
import { makePodSeal } from './pod-seal.ts';
import type { MetadataPatch, PodClient } from './pod-ports.ts';

/** What marking needs. */
export interface SpareMarkingDeps {
  readonly client: Pick<PodClient, 'patchMetadata'>;
  readonly clusterKey: Uint8Array;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A spare pod that was taken. */
export interface TakenSpare {
  readonly ref: PodRef;
  readonly request: CreateRequest;
  /** Nobody needs its marks any more. */
  readonly isOver: () => boolean;
}

const CALL_DEADLINE_MS = 15_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * Writes on a spare pod whose it is now, again and again until it is written: nobody waits for it, and the function
 * that runs in it meanwhile must not end because an API server is busy.
 */
export async function markTaken(
  deps: SpareMarkingDeps,
  { ref, request, isOver }: TakenSpare,
): Promise<void> {
  const { client, clusterKey, clock, logger } = deps;
  const patch = makeTakenPatch(request, makePodSeal(clusterKey, ref));
  let pauseMs = FIRST_PAUSE_MS;
  while (!isOver()) {
    try {
      await client.patchMetadata(ref, patch, AbortSignal.timeout(CALL_DEADLINE_MS));
      return;
    } catch (error) {
      // It has gone: the watch says so, too.
      if (statusOf(error) === 404) return;
      logger.warn({ ...ref, err: error }, 'marking a spare pod failed; trying again');
    }
    await pause(clock, pauseMs);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
}

function makeTakenPatch(request: CreateRequest, seal: string): MetadataPatch {
  const marks = makeFunctionMarks(request);
  return {
    labels: { ...marks.labels, [LABELS.pool]: null },
    annotations: { ...marks.annotations, [ANNOTATIONS.seal]: seal },
    ownerReferences: [makeOwnerReference(request.owner)],
  };
}
