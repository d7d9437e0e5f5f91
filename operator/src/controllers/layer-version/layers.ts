import type { Informer, ObjectKey } from '@mayfly/core';
import { orPatienceOver } from '../patience.ts';
import type { StartRunner } from '../releases.ts';
import { toLayerKey } from './code-owner.ts';
import { LayerVersionController, type LayerVersionControllerDeps } from './controller.ts';
import { LayerBook } from './layer-book.ts';

/** What layers need besides the controller's world. */
export interface LayersDeps extends Omit<LayerVersionControllerDeps, 'book' | 'code'> {
  readonly layers: Informer<'LayerVersion'>;
  readonly functions: Informer<'Function'>;
  readonly code: LayerVersionControllerDeps['code'] & {
    onSettled?(listener: (key: ObjectKey) => void): void;
  };
}

/** Layers on the operator's side. */
export class Layers {
  readonly book: LayerBook;
  readonly #deps: LayersDeps;
  #synced: Promise<void> | undefined;

  constructor(deps: LayersDeps) {
    this.#deps = deps;
    this.book = new LayerBook(deps.layers, deps.account);
  }

  /** Begins to follow layers; resolves when they are known, or, as all else is to be served meanwhile, a second later. */
  async follow(signal: AbortSignal): Promise<void> {
    const { clock, layers } = this.#deps;
    this.#synced = layers.start(signal);
    await orPatienceOver(this.#synced, clock);
  }

  /** Starts the controller once layers can be listed. */
  async start(
    startRunner: StartRunner,
    functionRunner: { enqueue(key: ObjectKey): void },
    signal: AbortSignal,
  ): Promise<void> {
    const { layers, functions, code } = this.#deps;
    /** Of one namespace, or of all. */
    const wake = (namespace?: string): void => {
      for (const { metadata, spec } of functions.list()) {
        const isNear = namespace === undefined || metadata.namespace === namespace;
        if (isNear && (spec.layers ?? []).length > 0) functionRunner.enqueue(metadata);
      }
    };
    await this.#synced;
    if (signal.aborted) return;
    wake();
    const runner = startRunner(
      new LayerVersionController({ ...this.#deps, book: this.book }),
      layers,
    );
    layers.onChange(({ namespace }) => {
      wake(namespace);
    });
    code.onSettled?.((key) => {
      const layer = toLayerKey(key);
      if (layer !== undefined) runner.enqueue(layer);
    });
  }
}
