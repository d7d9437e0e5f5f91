import type { Clock } from '@mayfly/core';
import { SHUTDOWN_GRACE_SECONDS } from '@mayfly/manifests';
import type { Logger } from '@mayfly/telemetry';
import type { PodRef } from './agent-token.ts';
import { pause } from './pause.ts';
import type { PodClient, PodWatch } from './pod-ports.ts';

/** What deleting pods needs. */
export interface PodDeletionDeps {
  readonly client: Pick<PodClient, 'delete'>;
  readonly watch: Pick<PodWatch, 'get'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const CALL_DEADLINE_MS = 10_000;
const LOOK_PERIOD_MS = 5_000;
/** A kubelet that has not ended a pod by then never will: its node is lost, or it hangs. */
const HANG_MS = (SHUTDOWN_GRACE_SECONDS + 30) * 1000;

/**
 * Deletes a pod, again and again until it has ended. One that hangs is deleted without grace: then the API server
 * forgets it, and a kubelet that comes back kills what is left.
 */
export async function deletePod(
  deps: PodDeletionDeps,
  ref: PodRef,
  end: { readonly ended: Promise<unknown>; readonly isEnded: () => boolean },
): Promise<void> {
  const { client, watch, clock, logger } = deps;
  let acknowledgedMs: number | undefined;
  while (!end.isEnded()) {
    const isHanging = acknowledgedMs !== undefined && clock.now() - acknowledgedMs >= HANG_MS;
    if (acknowledgedMs === undefined || isHanging) {
      const gracePeriodSeconds = isHanging ? 0 : SHUTDOWN_GRACE_SECONDS;
      try {
        await client.delete(ref, { gracePeriodSeconds }, AbortSignal.timeout(CALL_DEADLINE_MS));
        acknowledgedMs ??= clock.now();
      } catch (error) {
        logger.warn({ ...ref, err: error }, 'deleting a pod failed');
      }
    }
    await Promise.race([end.ended, pause(clock, LOOK_PERIOD_MS)]);
    // Gone before the watch had seen it: nobody will tell.
    if (acknowledgedMs !== undefined && watch.get(ref.namespace, ref.name) === undefined) return;
  }
}
