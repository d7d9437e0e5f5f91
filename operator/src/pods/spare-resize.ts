import type { Clock, ResizeAbility } from '@mayfly/core';
import { FUNCTION_CONTAINER, makeFunctionResources, type PodSettings } from '@mayfly/manifests';
import type { Logger } from '@mayfly/telemetry';
import type { PodRef } from './agent-token.ts';
import { statusOf } from './driver-error.ts';
import { pause } from './pause.ts';
import { givenMemoryMb } from './pod-memory.ts';
import type { PodClient, PodObject, PodWatch } from './pod-ports.ts';

/** What resizing spare pods needs. */
export interface SpareResizeDeps {
  readonly client: Pick<PodClient, 'canResize' | 'resize'>;
  readonly watch: PodWatch;
  readonly settings: PodSettings;
  /** How long memory that is to be given is waited for. Default: 0.5 s. */
  readonly growWithinMs?: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A spare pod that gets another size. */
export interface SpareToResize {
  readonly ref: PodRef;
  readonly fromMb: number;
  readonly toMb: number;
}

/** A resize that is under way. Neither rejects. */
export interface Resizing {
  /** Settles when the API server has answered. */
  readonly answered: Promise<boolean>;
  /** Whether the pod can be used for its new size. */
  readonly fits: Promise<boolean>;
}

type Direction = 'down' | 'up';

const CALL_DEADLINE_MS = 5_000;
/** Whoever waits longer would have a new pod soon. */
const GROW_WITHIN_MS = 500;
/** What an API server says of a resize that it does not have, or never allows. */
const REFUSALS: ReadonlySet<number> = new Set([400, 403, 405, 415, 422, 501]);
/** Of these the next one may be allowed. */
const PASSING = 'exceeded quota';

/**
 * Sets the memory of a spare pod in place, before its runtime starts. Whether a cluster does that is asked once, and
 * learnt from the first refusal: Kubernetes 1.32 has no such subresource, 1.33 gives memory but does not take it away.
 */
export class SpareResize {
  readonly #deps: SpareResizeDeps;
  readonly #can = { down: false, up: false };
  readonly #isProven = { down: false, up: false };

  constructor(deps: SpareResizeDeps) {
    this.#deps = deps;
  }

  /** What is possible, as far as is known. */
  get ability(): ResizeAbility {
    return this.#can;
  }

  /** Asks the API server. Never rejects: spares that cannot be resized serve functions of their size. */
  async learn(): Promise<void> {
    const { client, logger } = this.#deps;
    try {
      const isPossible = await client.canResize(AbortSignal.timeout(CALL_DEADLINE_MS));
      Object.assign(this.#can, { down: isPossible, up: isPossible });
      if (!isPossible) logger.info('this cluster resizes no pods: pools serve their own size only');
    } catch (err) {
      logger.warn({ err }, 'asking whether pods can be resized failed: it will be tried');
      // It is not asked again, and the first refusal tells as well.
      Object.assign(this.#can, { down: true, up: true });
    }
  }

  /**
   * Memory that is too much hurts nobody: once it is known that it can be taken away, nobody waits for that. Memory
   * that is given has to be there first.
   */
  resize(spare: SpareToResize): Resizing {
    const direction = spare.toMb < spare.fromMb ? 'down' : 'up';
    const answered = this.#ask(spare, direction);
    if (direction === 'down') {
      return { answered, fits: this.#isProven.down ? Promise.resolve(true) : answered };
    }
    return { answered, fits: answered.then((isGiven) => isGiven && this.#isGrowing(spare)) };
  }

  async #ask({ ref, toMb }: SpareToResize, direction: Direction): Promise<boolean> {
    const { client, settings } = this.#deps;
    const options = { requestRatio: settings.cpuRequestRatio, isBoosted: true };
    const resources = makeFunctionResources(toMb, options);
    const container = { name: FUNCTION_CONTAINER, resources };
    try {
      await client.resize(ref, container, AbortSignal.timeout(CALL_DEADLINE_MS));
      this.#isProven[direction] = true;
      return true;
    } catch (error) {
      this.#learnFrom(error, direction, ref);
      return false;
    }
  }

  #learnFrom(error: unknown, direction: Direction, ref: PodRef): void {
    const { logger } = this.#deps;
    const status = statusOf(error);
    const isRefusal =
      typeof status === 'number' && REFUSALS.has(status) && !String(error).includes(PASSING);
    // Where it has been done before, one refusal says nothing about the next.
    if (!isRefusal || this.#isProven[direction]) {
      logger.warn({ ...ref, err: error }, 'resizing a spare pod failed');
      return;
    }
    if (!this.#can[direction]) return;
    this.#can[direction] = false;
    logger.warn(
      { ...ref, direction, err: error },
      'this cluster refuses to resize spare pods: pools serve their own size only',
    );
  }

  /**
   * Whether the kubelet gives the memory in time. It says so first, sets the limit at once, and reports it a second later.
   * One that cannot says that, or that it will do it later.
   */
  async #isGrowing({ ref, toMb }: SpareToResize): Promise<boolean> {
    const { watch, clock, growWithinMs = GROW_WITHIN_MS } = this.#deps;
    const verdict = Promise.withResolvers<boolean>();
    const look = (pod: PodObject | undefined): void => {
      if (pod === undefined || isAt(pod, 'PodResizePending')) verdict.resolve(false);
      else if (isAt(pod, 'PodResizeInProgress') || (givenMemoryMb(pod) ?? 0) >= toMb) {
        verdict.resolve(true);
      }
    };
    const stop = watch.onChange((changed, pod) => {
      if (changed.namespace === ref.namespace && changed.name === ref.name) look(pod);
    });
    look(watch.get(ref.namespace, ref.name));
    try {
      return await Promise.race([verdict.promise, pause(clock, growWithinMs).then(() => false)]);
    } finally {
      stop();
    }
  }
}

function isAt({ status }: PodObject, type: string): boolean {
  const condition = status?.conditions?.find((one) => one.type === type);
  return condition?.status === 'True' && condition.reason !== 'Error';
}
