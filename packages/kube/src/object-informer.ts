import type { Clock } from '@mayfly/core';
import { isAborted } from './is-aborted.ts';
import type { KubeApi } from './kube-api.ts';
import { isKubeError } from './kube-error.ts';
import { watchObjects } from './watch.ts';

/** The least that every Kubernetes object has. */
export interface KubeObject {
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly resourceVersion?: string;
  };
}

/** What is followed, and who hears of trouble. */
export interface ObjectInformerDeps {
  readonly api: KubeApi;
  /** Path of the collection, for example `/api/v1/pods`. */
  readonly path: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
  /** From 0 to 1; default: `Math.random`. */
  readonly random?: () => number;
}

/** Called with the object, or undefined when it is gone. */
export type ObjectListener<T> = (
  key: { readonly namespace: string; readonly name: string },
  object: T | undefined,
) => void;

const PAGE_SIZE = 500;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
/** After an etcd was restored from a backup, the place of a watch may lie in a future that never comes. */
const MAX_REFUSALS = 3;

/**
 * Kubernetes objects of one collection, listed and then watched, for ever: a watch that breaks goes on where it
 * was, one whose place has expired lists again. As `Informer` of packages/core, for objects that are not ours.
 */
export class ObjectInformer<T extends KubeObject> {
  readonly #deps: ObjectInformerDeps;
  readonly #objects = new Map<string, T>();
  readonly #listeners = new Set<ObjectListener<T>>();
  /** From where the next watch goes on; undefined: the objects are listed first. */
  #place: string | undefined;
  #failures = 0;

  constructor(deps: ObjectInformerDeps) {
    this.#deps = deps;
  }

  /** Resolves when the first list is there; goes on until the signal aborts. */
  async start(signal: AbortSignal): Promise<void> {
    const synced = Promise.withResolvers<undefined>();
    const markSynced = (): void => {
      synced.resolve(undefined);
    };
    void this.#run(signal, markSynced).finally(markSynced);
    await synced.promise;
  }

  get(namespace: string, name: string): T | undefined {
    return this.#objects.get(`${namespace}/${name}`);
  }

  list(): readonly T[] {
    return [...this.#objects.values()];
  }

  /** Calls back at every change from now on. Returns the way to stop. */
  onChange(listener: ObjectListener<T>): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #run(signal: AbortSignal, onSynced: () => void): Promise<void> {
    while (!signal.aborted) {
      try {
        this.#place ??= await this.#list(signal);
        onSynced();
        await this.#watch(this.#place, signal);
        this.#failures = 0;
      } catch (error) {
        if (isAborted(signal)) return;
        await this.#recover(error, signal);
      }
    }
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    const isExpired = isKubeError(error, 410);
    const isRefused = error instanceof Error && error.name === 'KubeError';
    if (isExpired || (isRefused && this.#failures >= MAX_REFUSALS)) this.#place = undefined;
    if (isExpired && this.#failures === 0) {
      // This is no fault; again and again it would be.
      this.#failures = 1;
      return;
    }
    this.#deps.onError(error);
    await this.#pause(signal);
  }

  async #list(signal: AbortSignal): Promise<string> {
    const { api, path } = this.#deps;
    const seen = new Set<string>();
    let token: string | undefined;
    let resourceVersion = '';
    do {
      const query = { ...this.#selectors(), limit: PAGE_SIZE.toString(), continue: token };
      const page = (await api.call({ method: 'GET', path, query, signal })) as {
        metadata: { resourceVersion: string; continue?: string };
        items: T[];
      };
      for (const object of page.items) seen.add(this.#put(object));
      resourceVersion = page.metadata.resourceVersion;
      token = page.metadata.continue === '' ? undefined : page.metadata.continue;
    } while (token !== undefined);
    for (const key of this.#objects.keys()) if (!seen.has(key)) this.#drop(key);
    return resourceVersion;
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const { api, path } = this.#deps;
    const request = { path, resourceVersion, query: this.#selectors() };
    for await (const event of watchObjects(api, request, signal)) {
      const object = event.object as T;
      this.#failures = 0;
      this.#place = object.metadata?.resourceVersion ?? this.#place;
      if (event.type === 'DELETED') this.#drop(keyOf(object));
      else if (event.type !== 'BOOKMARK') this.#put(object);
    }
  }

  #selectors(): { labelSelector: string | undefined; fieldSelector: string | undefined } {
    const { labelSelector, fieldSelector } = this.#deps;
    return { labelSelector, fieldSelector };
  }

  #put(object: T): string {
    const key = keyOf(object);
    const known = this.#objects.get(key);
    if (known?.metadata?.resourceVersion === object.metadata?.resourceVersion && known) return key;
    this.#objects.set(key, object);
    this.#tell(key, object);
    return key;
  }

  #drop(key: string): void {
    if (this.#objects.delete(key)) this.#tell(key, undefined);
  }

  #tell(key: string, object: T | undefined): void {
    const [namespace = '', name = ''] = key.split('/');
    for (const listener of this.#listeners) {
      try {
        listener({ namespace, name }, object);
      } catch (error) {
        // The others, and what comes after, are to be heard all the same.
        this.#deps.onError(error);
      }
    }
  }

  /** Longer after each failure; between half of that and all of it, so that not all come back at once. */
  async #pause(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { clock, random = Math.random } = this.#deps;
    const longestMs = Math.min(FIRST_PAUSE_MS * 2 ** this.#failures, LONGEST_PAUSE_MS);
    this.#failures += 1;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const timer = clock.after((longestMs * (1 + random())) / 2, () => {
      resolve(undefined);
    });
    const stop = (): void => {
      timer.cancel();
      resolve(undefined);
    };
    signal.addEventListener('abort', stop, { once: true });
    await promise;
    signal.removeEventListener('abort', stop);
  }
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`;
}
