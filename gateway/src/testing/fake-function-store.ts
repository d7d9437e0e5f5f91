import type { AliasResource, FunctionResource, VersionResource } from '@mayfly/api';
import type { ResourceStore, WatchEvent } from '@mayfly/core';

type RoutedResource = FunctionResource | VersionResource | AliasResource;
type RoutedEvent = WatchEvent<'Function' | 'Version' | 'Alias'>;

/** Functions, versions and aliases that a test puts in; read by list and watch only, as a gateway does. */
export class FakeFunctionStore {
  readonly #objects = new Map<string, RoutedResource>();
  readonly #watchers = new Set<(event: RoutedEvent) => void>();

  constructor(functions: readonly FunctionResource[]) {
    for (const fn of functions) this.#objects.set(idOf(fn), fn);
  }

  put(object: RoutedResource): void {
    this.#objects.set(idOf(object), object);
    for (const tell of this.#watchers) tell({ type: 'MODIFIED', object });
  }

  remove(object: RoutedResource): void {
    this.#objects.delete(idOf(object));
    for (const tell of this.#watchers) tell({ type: 'DELETED', object });
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
      list: (kind: string) => {
        const items = [...this.#objects.values()].filter((object) => object.kind === kind);
        return Promise.resolve({ items, resourceVersion: '1' });
      },
      watch: (kind: string, _resourceVersion: string, signal: AbortSignal) =>
        this.#watch(kind, signal),
    };
    // The generic of the port cannot be met by a fake that holds one kind.
    return port as unknown as ResourceStore;
  }

  async *#watch(kind: string, signal: AbortSignal): AsyncGenerator<RoutedEvent> {
    const pending: RoutedEvent[] = [];
    let wake = Promise.withResolvers<undefined>();
    const tell = (event: RoutedEvent): void => {
      if (event.type === 'BOOKMARK' || event.object.kind !== kind) return;
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

function idOf({ kind, metadata }: RoutedResource): string {
  return `${kind}/${metadata.name}`;
}
