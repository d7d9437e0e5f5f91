import type { FunctionStatus } from '@mayfly/api';
import type { ResourceStore, WatchEvent } from '@mayfly/core';
import fc from 'fast-check';
import { aNewFunction } from '../builders/new-function.ts';

/** One request of a random client. `isStale` sends the resourceVersion that was current before the last write. */
export type StoreAction =
  | { readonly kind: 'create'; readonly object: number; readonly finalizers: readonly string[] }
  | { readonly kind: 'delete'; readonly object: number }
  | {
      readonly kind: 'update';
      readonly object: number;
      readonly timeout: number;
      readonly finalizers: readonly string[];
      readonly isStale: boolean;
    }
  | {
      readonly kind: 'patchStatus';
      readonly object: number;
      readonly state: 'Active' | 'Failed';
      readonly isStale: boolean;
    };

interface ModelObject {
  readonly timeout: number;
  readonly finalizers: readonly string[];
  readonly state: 'Active' | 'Failed' | undefined;
  readonly isDeleting: boolean;
  /** Writes of this object so far: stands for the resourceVersion. */
  readonly writes: number;
}

/**
 * What the model and the watch must agree on for one change. In what state an object is shown that was deleted
 * is not promised: the API server does not store the update that takes the last finalizer away.
 */
export interface ObservedChange {
  readonly type: string;
  readonly name: string;
  readonly shown?: {
    readonly timeout: number;
    readonly finalizers: readonly string[];
    readonly state: string | undefined;
    readonly isDeleting: boolean;
  };
}

type Outcome = 'done' | 'NotFound' | 'AlreadyExists' | 'Conflict' | 'Invalid';

const DEFAULT_TIMEOUT = 3;
const object = fc.nat({ max: 2 });
const finalizers = fc.subarray(['mayfly.dev/a', 'mayfly.dev/b']);

/** Random requests about three objects. */
export const storeActions: fc.Arbitrary<readonly StoreAction[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('create' as const), object, finalizers }),
    fc.record({ kind: fc.constant('delete' as const), object }),
    fc.record({
      kind: fc.constant('update' as const),
      object,
      timeout: fc.integer({ min: 1, max: 4 }),
      finalizers,
      isStale: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant('patchStatus' as const),
      object,
      state: fc.constantFrom('Active' as const, 'Failed' as const),
      isStale: fc.boolean(),
    }),
  ),
  { maxLength: 40 },
);

/** The rules of the API server on plain values: says how each request ends and what watchers see. */
export class ResourceStoreModel {
  readonly #names: readonly string[];
  readonly #objects = new Map<number, ModelObject>();
  readonly #changes: ObservedChange[] = [];

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  /** Everything that a watch from the beginning sees. */
  get changes(): readonly ObservedChange[] {
    return this.#changes;
  }

  /** How many writes the object has seen; a stale request is only possible after two. */
  writesOf(index: number): number {
    return this.#objects.get(index)?.writes ?? 0;
  }

  apply(action: StoreAction): Outcome {
    const stored = this.#objects.get(action.object);
    if (action.kind === 'create') return this.#create(action, stored);
    if (stored === undefined) return 'NotFound';
    if (action.kind === 'delete') return this.#delete(action.object, stored);
    if (action.isStale && stored.writes > 1) return 'Conflict';
    if (action.kind === 'update') return this.#update(action, stored);
    if (stored.state !== action.state) {
      this.#write('MODIFIED', action.object, { ...stored, state: action.state });
    }
    return 'done';
  }

  #create(action: StoreAction & { kind: 'create' }, stored: ModelObject | undefined): Outcome {
    if (stored !== undefined) return 'AlreadyExists';
    this.#write('ADDED', action.object, {
      timeout: DEFAULT_TIMEOUT,
      finalizers: action.finalizers,
      state: undefined,
      isDeleting: false,
      writes: 0,
    });
    return 'done';
  }

  #delete(index: number, stored: ModelObject): Outcome {
    if (stored.finalizers.length === 0) this.#write('DELETED', index, stored);
    else if (!stored.isDeleting) this.#write('MODIFIED', index, { ...stored, isDeleting: true });
    return 'done';
  }

  #update(action: StoreAction & { kind: 'update' }, stored: ModelObject): Outcome {
    const added = action.finalizers.some((finalizer) => !stored.finalizers.includes(finalizer));
    if (stored.isDeleting && added) return 'Invalid';
    const next = { ...stored, timeout: action.timeout, finalizers: action.finalizers };
    if (JSON.stringify(next) === JSON.stringify(stored)) return 'done';
    const isLast = stored.isDeleting && next.finalizers.length === 0;
    this.#write(isLast ? 'DELETED' : 'MODIFIED', action.object, next);
    return 'done';
  }

  #write(type: string, index: number, next: ModelObject): void {
    if (type === 'DELETED') this.#objects.delete(index);
    else this.#objects.set(index, { ...next, writes: next.writes + 1 });
    const { timeout, finalizers: kept, state, isDeleting } = next;
    const name = this.#names[index] ?? '';
    const shown = { timeout, finalizers: kept, state, isDeleting };
    this.#changes.push(type === 'DELETED' ? { type, name } : { type, name, shown });
  }
}

/** Sends requests to a real store; remembers versions so that it can be stale on purpose. */
export class StoreClient {
  readonly #store: ResourceStore;
  readonly #names: readonly string[];
  readonly #versions = new Map<number, { current: string; last: string | undefined }>();

  constructor(store: ResourceStore, names: readonly string[]) {
    this.#store = store;
    this.#names = names;
  }

  /** Sends one request. How it ended: `done` or the code of the refusal. */
  async apply(action: StoreAction): Promise<string> {
    try {
      await this.#send(action);
      await this.#remember(action.object);
      return 'done';
    } catch (error) {
      if (error instanceof Error && 'code' in error) return String(error.code);
      throw error;
    }
  }

  async #send(action: StoreAction): Promise<void> {
    const key = { namespace: 'default', name: this.#names[action.object] ?? '' };
    if (action.kind === 'create') {
      await this.#store.create(aNewFunction(key.name, { finalizers: action.finalizers }));
    } else if (action.kind === 'delete') {
      await this.#store.delete('Function', key);
    } else {
      await this.#change(action);
    }
  }

  async #change(action: StoreAction & { kind: 'update' | 'patchStatus' }): Promise<void> {
    const name = this.#names[action.object] ?? '';
    const found = await this.#store.get('Function', { namespace: 'default', name });
    const { apiVersion, kind, metadata, spec } = aNewFunction(name);
    const base = found ?? {
      apiVersion,
      kind,
      metadata: {
        ...metadata,
        namespace: 'default',
        uid: 'none',
        resourceVersion: '1',
        generation: 1,
        creationTimestamp: '2026-01-01T00:00:00Z',
      },
      spec: spec as NonNullable<typeof found>['spec'],
    };
    const known = this.#versions.get(action.object);
    const stale = action.isStale ? known?.last : undefined;
    const versioned = {
      ...base,
      metadata: { ...base.metadata, ...(stale !== undefined && { resourceVersion: stale }) },
    };
    if (action.kind === 'patchStatus') {
      const status: FunctionStatus = { state: action.state, conditions: [] };
      await this.#store.patchStatus<'Function'>({ ...versioned, status });
      return;
    }
    await this.#store.update<'Function'>({
      ...versioned,
      metadata: { ...versioned.metadata, finalizers: action.finalizers },
      spec: { ...versioned.spec, timeout: action.timeout },
    });
  }

  async #remember(index: number): Promise<void> {
    const name = this.#names[index] ?? '';
    const found = await this.#store.get('Function', { namespace: 'default', name });
    const known = this.#versions.get(index);
    if (found === undefined) {
      this.#versions.delete(index);
    } else if (known?.current !== found.metadata.resourceVersion) {
      this.#versions.set(index, {
        current: found.metadata.resourceVersion,
        last: known?.current,
      });
    }
  }
}

/** A change of a watch in the model's words. */
export function observe(
  event: Exclude<WatchEvent<'Function'>, { type: 'BOOKMARK' }>,
): ObservedChange {
  const { metadata, spec, status } = event.object;
  const { type } = event;
  const { name, finalizers: kept = [], deletionTimestamp } = metadata;
  if (type === 'DELETED') return { type, name };
  const { timeout } = spec;
  const isDeleting = deletionTimestamp !== undefined;
  return { type, name, shown: { timeout, finalizers: kept, state: status?.state, isDeleting } };
}
