import type { Informer, ObjectKey } from '@mayfly/core';
import { DependedKind } from '../depended-kind.ts';
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
  readonly #kind: DependedKind<'LayerVersion'>;

  constructor(deps: LayersDeps) {
    this.#deps = deps;
    this.#kind = new DependedKind({
      ...deps,
      informer: deps.layers,
      isConcerned: ({ layers = [] }) => layers.length > 0,
    });
    this.book = new LayerBook(deps.layers, deps.account);
  }

  /** Begins to follow layers; resolves when they are known, or, as all else is to be served meanwhile, a second later. */
  follow(signal: AbortSignal): Promise<void> {
    return this.#kind.follow(signal);
  }

  /** Starts the controller once layers can be listed. */
  start(
    startRunner: StartRunner,
    functionRunner: { enqueue(key: ObjectKey): void },
    signal: AbortSignal,
  ): Promise<void> {
    const { layers, code } = this.#deps;
    const startController = (): void => {
      const controller = new LayerVersionController({ ...this.#deps, book: this.book });
      const runner = startRunner(controller, layers);
      code.onSettled?.((key) => {
        const layer = toLayerKey(key);
        if (layer !== undefined) runner.enqueue(layer);
      });
    };
    return this.#kind.start(startController, functionRunner, signal);
  }
}
