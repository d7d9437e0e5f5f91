import {
  isStoreError,
  objectIdOf,
  parseObjectId,
  type Clock,
  type Informer,
  type Kind,
  type ObjectKey,
  type ResourceKinds,
} from '@mayfly/core';
import type { Logger } from '@mayfly/telemetry';
import { observeReconcile, type OperatorMetrics } from '../metrics.ts';
import type { Result } from './result.ts';
import { WorkQueue } from './work-queue.ts';

/** Drives one kind towards its spec, object by object. */
export interface Controller<K extends Kind> {
  readonly name: string;
  /** Compares the object with the world and acts; sees objects, never events. Throws to be retried. */
  reconcile(object: ResourceKinds[K], signal: AbortSignal): Promise<Result>;
}

/** What a runner needs. */
export interface ControllerRunnerDeps<K extends Kind> {
  readonly controller: Controller<K>;
  readonly informer: Informer<K>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: OperatorMetrics;
}

const RECONCILE_DEADLINE_MS = 300_000;
const WORKERS = 4;

/** Feeds a controller from an informer through a work queue; the only place that knows of retry. */
export class ControllerRunner<K extends Kind> {
  readonly #deps: ControllerRunnerDeps<K>;
  readonly #queue: WorkQueue;
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(deps: ControllerRunnerDeps<K>) {
    this.#deps = deps;
    this.#queue = new WorkQueue(deps.clock, () => {
      this.#work();
    });
  }

  /** Reconciles everything once, then whatever changes. */
  start(): void {
    this.#deps.informer.onChange((key) => {
      this.enqueue(key);
    });
    for (const object of this.#deps.informer.list()) this.enqueue(object.metadata);
  }

  enqueue(key: ObjectKey): void {
    this.#queue.add(objectIdOf(key));
  }

  /** Takes nothing new and waits for what runs. */
  async close(): Promise<void> {
    this.#queue.close();
    this.#stop.abort();
    await Promise.allSettled(this.#running);
  }

  #work(): void {
    while (this.#running.size < WORKERS && !this.#stop.signal.aborted) {
      const key = this.#queue.take();
      if (key === undefined) return;
      const work = this.#reconcileKey(key).finally(() => {
        this.#running.delete(work);
        this.#work();
      });
      this.#running.add(work);
    }
  }

  async #reconcileKey(id: string): Promise<void> {
    const { controller, informer, clock, logger, metrics } = this.#deps;
    const { namespace, name } = parseObjectId(id);
    const object = informer.get({ namespace, name });
    if (object === undefined) {
      this.#queue.finish(id, 'succeeded');
      return;
    }
    const startedMs = clock.now();
    const observe = (outcome: 'success' | 'error'): void => {
      const durationMs = clock.now() - startedMs;
      observeReconcile(metrics, { controller: controller.name, outcome, durationMs });
    };
    try {
      const result = await controller.reconcile(object, this.#signal());
      this.#queue.finish(id, 'succeeded');
      if (result.kind === 'requeueAfter') this.#queue.addAfter(id, result.delayMs);
      observe('success');
    } catch (error) {
      this.#queue.finish(id, 'failed');
      observe('error');
      if (this.#stop.signal.aborted) return;
      // Somebody else wrote first, or deleted it: the retry reads what they wrote.
      const isRace = isStoreError(error, 'Conflict') || isStoreError(error, 'NotFound');
      const level = isRace ? 'debug' : 'warn';
      logger[level](
        { controller: controller.name, namespace, name, err: error },
        'reconcile failed',
      );
    }
  }

  #signal(): AbortSignal {
    return AbortSignal.any([this.#stop.signal, AbortSignal.timeout(RECONCILE_DEADLINE_MS)]);
  }
}
