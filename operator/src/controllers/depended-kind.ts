import type { FunctionResource } from '@mayfly/api';
import type { Clock, Informer, Kind, ObjectKey } from '@mayfly/core';
import { orPatienceOver } from './patience.ts';

/** What following needs. */
export interface DependedKindDeps<K extends Kind> {
  readonly informer: Informer<K>;
  readonly functions: Pick<Informer<'Function'>, 'list'>;
  readonly clock: Clock;
  /** Whether a function depends on objects of this kind. */
  readonly isConcerned: (spec: FunctionResource['spec']) => boolean;
}

/** Objects that functions name: what changes of them is judged with the functions of their namespace. */
export class DependedKind<K extends Kind> {
  readonly #deps: DependedKindDeps<K>;
  #synced: Promise<void> | undefined;

  constructor(deps: DependedKindDeps<K>) {
    this.#deps = deps;
  }

  /** Begins to follow them; resolves when they are known, or, as all else is to be served meanwhile, a second later. */
  async follow(signal: AbortSignal): Promise<void> {
    const { clock, informer } = this.#deps;
    this.#synced = informer.start(signal);
    await orPatienceOver(this.#synced, clock);
  }

  /** When they can be listed: `start`s what serves them, and wakes functions from then on. */
  async start(
    start: () => void,
    functionRunner: { enqueue(key: ObjectKey): void },
    signal: AbortSignal,
  ): Promise<void> {
    const { informer, functions, isConcerned } = this.#deps;
    /** Of one namespace, or of all. */
    const wake = (namespace?: string): void => {
      for (const { metadata, spec } of functions.list()) {
        const isNear = namespace === undefined || metadata.namespace === namespace;
        if (isNear && isConcerned(spec)) functionRunner.enqueue(metadata);
      }
    };
    await this.#synced;
    if (signal.aborted) return;
    wake();
    start();
    informer.onChange(({ namespace }) => {
      wake(namespace);
    });
  }
}
