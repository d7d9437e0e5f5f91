import type { Clock } from '../ports/clock.ts';
import {
  isStoreError,
  objectIdOf,
  type Kind,
  type ObjectKey,
  type ResourceKinds,
  type ResourceStore,
} from '../ports/resource-store.ts';

/** What an informer needs. */
export interface InformerDeps<K extends Kind> {
  readonly store: ResourceStore;
  readonly kind: K;
  readonly clock: Clock;
  /** A list or watch broke; the informer tries again by itself. */
  readonly onError: (error: unknown) => void;
}

/** Told for every change: the key, and the object unless it is gone. */
export type InformerListener<K extends Kind> = (
  key: ObjectKey,
  object: ResourceKinds[K] | undefined,
) => void;

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** A place that so many watches in a row could not begin at may be one that never comes: a backup was restored. */
const MAX_FAILURES_AT_A_PLACE = 4;

/**
 * A local copy of all objects of a kind, listed and then watched: a watch that breaks goes on where it was, one
 * whose place has expired lists again. A good list ends no row of failures: a watch that tells something does.
 */
export class Informer<K extends Kind> {
  readonly #deps: InformerDeps<K>;
  readonly #objects = new Map<string, ResourceKinds[K]>();
  readonly #listeners = new Set<InformerListener<K>>();
  #hasSynced = false;
  /** From where the next watch goes on; undefined: the objects are listed first. */
  #place: string | undefined;
  #failures = 0;

  constructor(deps: InformerDeps<K>) {
    this.#deps = deps;
  }

  /** True once the first list has been taken in. */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  get(key: ObjectKey): ResourceKinds[K] | undefined {
    return this.#objects.get(objectIdOf(key));
  }

  list(): IterableIterator<ResourceKinds[K]> {
    return this.#objects.values();
  }

  /** Calls back for every change from now on. Returns the way to stop. */
  onChange(listener: InformerListener<K>): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves after the first list; goes on until the signal aborts. */
  async start(signal: AbortSignal): Promise<void> {
    const synced = Promise.withResolvers<undefined>();
    void this.#run(signal, () => {
      this.#hasSynced = true;
      synced.resolve(undefined);
    });
    await synced.promise;
  }

  async #run(signal: AbortSignal, onSynced: () => void): Promise<void> {
    while (!isAborted(signal)) {
      try {
        this.#place ??= await this.#relist(signal);
        onSynced();
        await this.#follow(this.#place, signal);
        // No watch is expected to end by itself. If one does, again and again, there are pauses between lists.
        this.#place = undefined;
        await this.#pause(signal);
      } catch (error) {
        if (isAborted(signal)) break;
        await this.#recover(error, signal);
      }
    }
    onSynced();
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    const isExpired = isStoreError(error, 'Expired');
    const isStuck = this.#failures % MAX_FAILURES_AT_A_PLACE === MAX_FAILURES_AT_A_PLACE - 1;
    if (isExpired || isStuck) this.#place = undefined;
    if (isExpired && this.#failures === 0) {
      // This is no fault; again and again it would be.
      this.#failures = 1;
      return;
    }
    this.#deps.onError(error);
    await this.#pause(signal);
  }

  async #relist(signal: AbortSignal): Promise<string> {
    const { items, resourceVersion } = await this.#deps.store.list(this.#deps.kind, signal);
    const listed = new Set(items.map((item) => objectIdOf(item.metadata)));
    for (const [id, object] of this.#objects) {
      if (!listed.has(id)) this.#remove(object.metadata);
    }
    for (const item of items) {
      const known = this.#objects.get(objectIdOf(item.metadata));
      if (known?.metadata.resourceVersion !== item.metadata.resourceVersion) this.#put(item);
    }
    return resourceVersion;
  }

  async #follow(resourceVersion: string, signal: AbortSignal): Promise<void> {
    for await (const event of this.#deps.store.watch(this.#deps.kind, resourceVersion, signal)) {
      this.#failures = 0;
      this.#place =
        event.type === 'BOOKMARK' ? event.resourceVersion : event.object.metadata.resourceVersion;
      if (event.type === 'BOOKMARK') continue;
      if (event.type === 'DELETED') this.#remove(event.object.metadata);
      else this.#put(event.object);
    }
  }

  #put(object: ResourceKinds[K]): void {
    this.#objects.set(objectIdOf(object.metadata), object);
    for (const listener of this.#listeners) listener(object.metadata, object);
  }

  #remove(key: ObjectKey): void {
    if (!this.#objects.delete(objectIdOf(key))) return;
    for (const listener of this.#listeners) listener(key, undefined);
  }

  /** Longer after each failure: 100 ms, 200 ms, 400 ms and so on up to 5 s. */
  async #pause(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const delayMs = Math.min(FIRST_PAUSE_MS * 2 ** this.#failures, LONGEST_PAUSE_MS);
    this.#failures += 1;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const timer = this.#deps.clock.after(delayMs, () => {
      resolve(undefined);
    });
    const onAbort = (): void => {
      timer.cancel();
      resolve(undefined);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    await promise;
    signal.removeEventListener('abort', onAbort);
  }
}

// A function, because the compiler does not expect the signal to change while a loop waits.
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
