import { FUNCTION_CONTAINER, makeFunctionResources, type PodSettings } from '@mayfly/manifests';
import type { Logger } from '@mayfly/telemetry';
import type { PodClient } from './pod-ports.ts';
import type { TrackedPod } from './tracked-pod.ts';

/** What ending a boost needs. */
export interface CpuBoostDeps {
  readonly client: Pick<PodClient, 'resize'>;
  readonly settings: PodSettings;
  readonly logger: Logger;
}

const CALL_DEADLINE_MS = 15_000;

/** Pods start with a whole CPU at least, and are resized to their share once their init phase is over. */
export class CpuBoost {
  readonly #deps: CpuBoostDeps;
  #hasSaidItFails = false;

  constructor(deps: CpuBoostDeps) {
    this.#deps = deps;
  }

  /** Never rejects: a function that keeps its CPU works. */
  async end({ ref, memorySizeMb }: Pick<TrackedPod, 'ref' | 'memorySizeMb'>): Promise<void> {
    const { client, settings, logger } = this.#deps;
    const options = { requestRatio: settings.cpuRequestRatio, isBoosted: false };
    const resources = makeFunctionResources(memorySizeMb, options);
    const container = { name: FUNCTION_CONTAINER, resources };
    try {
      await client.resize(ref, container, AbortSignal.timeout(CALL_DEADLINE_MS));
    } catch (error) {
      // On an old cluster all of them fail, for the same reason.
      if (this.#hasSaidItFails) return;
      this.#hasSaidItFails = true;
      logger.warn(
        { ...ref, err: error },
        'resizing a pod failed: functions keep the CPU they start with',
      );
    }
  }
}
