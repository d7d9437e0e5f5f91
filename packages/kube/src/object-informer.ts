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
}

/** Called with the object, or undefined when it is gone. */
export type ObjectListener<T> = (
  key: { readonly namespace: string; readonly name: string },
  object: T | undefined,
) => void;

const PAGE_SIZE = 500;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Kubernetes objects of one collection, listed and then watched, for ever: a watch that breaks goes on where it
 * was, one whose place has expired lists again. As `Informer` of packages/core, for objects that are not ours.
 */
export class ObjectInformer<T extends KubeObject> {
  readonly #deps: ObjectInformerDeps;
  readonly #objects = new Map<string, T>();
  readonly #listeners = new Set<ObjectListener<T>>();
  #failures = 0;

  constructor(deps: ObjectInformerDeps) {
    this.#deps = deps;
  }

  /** Resolves when the first list is there; goes on until the signal aborts. */
  async start(signal: AbortSignal): Promise<void> {
    const synced = Promise.withResolvers<undefined>();
    signal.addEventListener('abort', () => {
      synced.resolve(undefined);
    });
    void this.#run(signal, () => {
      synced.resolve(undefined);
    });
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
    let place: string | undefined;
    while (!signal.aborted) {
      try {
        if (place === undefined) {
          place = await this.#list(signal);
          onSynced();
        }
        place = await this.#watch(place, signal);
      } catch (error) {
        if (isKubeError(error, 410)) {
          place = undefined;
          continue;
        }
        if (!isAborted(signal)) {
          this.#deps.onError(error);
          await this.#pause(signal);
        }
      }
    }
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
    this.#failures = 0;
    return resourceVersion;
  }

  /** Answers where the next watch begins. */
  async #watch(resourceVersion: string, signal: AbortSignal): Promise<string> {
    const { api, path } = this.#deps;
    let place = resourceVersion;
    const query = this.#selectors();
    try {
      for await (const event of watchObjects(api, { path, resourceVersion, query }, signal)) {
        const object = event.object as T;
        this.#failures = 0;
        place = object.metadata?.resourceVersion ?? place;
        if (event.type === 'DELETED') this.#drop(keyOf(object));
        else if (event.type !== 'BOOKMARK') this.#put(object);
      }
    } catch (error) {
      if (isKubeError(error, 410) || signal.aborted) throw error;
      this.#deps.onError(error);
      await this.#pause(signal);
    }
    return place;
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
    for (const listener of this.#listeners) listener({ namespace, name }, object);
  }

  async #pause(signal: AbortSignal): Promise<void> {
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** this.#failures, LONGEST_PAUSE_MS);
    this.#failures += 1;
    await new Promise<void>((resolve) => {
      const timer = this.#deps.clock.after(pauseMs, resolve);
      signal.addEventListener(
        'abort',
        () => {
          timer.cancel();
          resolve();
        },
        { once: true },
      );
    });
  }
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`;
}
