import type { FunctionResource } from '@mayfly/api';
import type { ResourceStore, WatchEvent } from '@mayfly/core';

type FunctionEvent = WatchEvent<'Function'>;

/** Functions that a test puts in; read by list and watch only, as a gateway does. */
export class FakeFunctionStore {
  readonly #objects = new Map<string, FunctionResource>();
  readonly #watchers = new Set<(event: FunctionEvent) => void>();

  constructor(functions: readonly FunctionResource[]) {
    for (const fn of functions) this.#objects.set(fn.metadata.name, fn);
  }

  put(fn: FunctionResource): void {
    this.#objects.set(fn.metadata.name, fn);
    for (const tell of this.#watchers) tell({ type: 'MODIFIED', object: fn });
  }

  remove(fn: FunctionResource): void {
    this.#objects.delete(fn.metadata.name);
    for (const tell of this.#watchers) tell({ type: 'DELETED', object: fn });
  }

  /** The port. What a gateway must not call rejects. */
  get port(): ResourceStore {
    const refuse = (): Promise<never> => Promise.reject(new Error('a gateway does not do this'));
    const port = {
      get: refuse,
      create: refuse,
      update: refuse,
      patchStatus: refuse,
      delete: refuse,
      list: () => Promise.resolve({ items: [...this.#objects.values()], resourceVersion: '1' }),
      watch: (_kind: string, _resourceVersion: string, signal: AbortSignal) => this.#watch(signal),
    };
    // The generic of the port cannot be met by a fake that holds one kind.
    return port as unknown as ResourceStore;
  }

  async *#watch(signal: AbortSignal): AsyncGenerator<FunctionEvent> {
    const pending: FunctionEvent[] = [];
    let wake = Promise.withResolvers<undefined>();
    const tell = (event: FunctionEvent): void => {
      pending.push(event);
      wake.resolve(undefined);
    };
    this.#watchers.add(tell);
    signal.addEventListener('abort', () => {
      wake.resolve(undefined);
    });
    while (!signal.aborted) {
      await wake.promise;
      wake = Promise.withResolvers<undefined>();
      yield* pending.splice(0);
    }
    this.#watchers.delete(tell);
  }
}
