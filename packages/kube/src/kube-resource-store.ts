import { API_VERSION, readSpec, KINDS } from '@mayfly/api';
import {
  StoreError,
  type Kind,
  type NewObject,
  type ObjectKey,
  type ObjectList,
  type ResourceKinds,
  type ResourceStore,
  type StoreErrorCode,
  type WatchEvent,
} from '@mayfly/core';
import type { KubeApi, KubeRequest } from './kube-api.ts';
import { watchObjects } from './watch.ts';

/** What the store needs. */
export interface KubeResourceStoreDeps {
  readonly api: KubeApi;
  /** Told of an object that this release cannot read: it is left out. */
  readonly onUnreadable?: (kind: Kind, key: ObjectKey, error: unknown) => void;
}

const PAGE_SIZE = 500;
const DEFAULT_NAMESPACE = 'default';

interface RawObject {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec?: unknown;
  readonly status?: { readonly conditions?: unknown };
}

/** The custom resources as the API server keeps them. */
export class KubeResourceStore implements ResourceStore {
  readonly #api: KubeApi;
  readonly #onUnreadable: NonNullable<KubeResourceStoreDeps['onUnreadable']>;

  constructor({ api, onUnreadable = () => undefined }: KubeResourceStoreDeps) {
    this.#api = api;
    this.#onUnreadable = onUnreadable;
  }

  async get<K extends Kind>(
    kind: K,
    key: ObjectKey,
    signal?: AbortSignal,
  ): Promise<ResourceKinds[K] | undefined> {
    const found = await this.#api.find({ method: 'GET', path: pathOf(kind, key), signal });
    return found === undefined ? undefined : parseObject(kind, found as RawObject);
  }

  async list<K extends Kind>(kind: K, signal?: AbortSignal): Promise<ObjectList<K>> {
    const items: ResourceKinds[K][] = [];
    let page: { metadata: { resourceVersion: string; continue?: string }; items: RawObject[] };
    let token: string | undefined;
    do {
      page = (await this.#call({
        method: 'GET',
        path: pathOf(kind),
        query: { limit: PAGE_SIZE.toString(), continue: token },
        signal,
      })) as typeof page;
      for (const raw of page.items) {
        const object = this.#read(kind, raw);
        if (object !== undefined) items.push(object);
      }
      token = page.metadata.continue;
    } while (token !== undefined && token !== '');
    return { items, resourceVersion: page.metadata.resourceVersion };
  }

  async create<K extends Kind>(
    object: NewObject & { kind: K },
    signal?: AbortSignal,
  ): Promise<ResourceKinds[K]> {
    const { kind, metadata } = object;
    const namespace = metadata.namespace ?? DEFAULT_NAMESPACE;
    const path = pathOf(kind, { namespace });
    const body = { ...object, metadata: { ...metadata, namespace } };
    return this.#write(kind, { method: 'POST', path, body, signal });
  }

  async update<K extends Kind>(
    object: ResourceKinds[K],
    signal?: AbortSignal,
  ): Promise<ResourceKinds[K]> {
    const kind = object.kind as K;
    const path = pathOf(kind, object.metadata);
    return this.#write(kind, { method: 'PUT', path, body: object, signal });
  }

  async patchStatus<K extends Kind>(
    object: ResourceKinds[K],
    signal?: AbortSignal,
  ): Promise<ResourceKinds[K]> {
    const kind = object.kind as K;
    const path = `${pathOf(kind, object.metadata)}/status`;
    return this.#write(kind, { method: 'PUT', path, body: object, signal });
  }

  async delete(kind: Kind, key: ObjectKey, signal?: AbortSignal): Promise<void> {
    await this.#call({ method: 'DELETE', path: pathOf(kind, key), signal });
  }

  async *watch<K extends Kind>(
    kind: K,
    resourceVersion: string,
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<K>> {
    let from = resourceVersion;
    while (!signal.aborted) {
      try {
        const request = { path: pathOf(kind), resourceVersion: from };
        for await (const { type, object } of watchObjects(this.#api, request, signal)) {
          from = (object as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
          if (type === 'BOOKMARK') yield { type, resourceVersion: from };
          else {
            const read = this.#read(kind, object as RawObject);
            if (read !== undefined) yield { type, object: read };
            // Whoever held it while it could be read lets it go by its key.
            else if (type === 'DELETED') yield { type, object: object as ResourceKinds[K] };
          }
        }
      } catch (error) {
        throw toStoreError(error);
      }
    }
  }

  async #write<K extends Kind>(kind: K, request: KubeRequest): Promise<ResourceKinds[K]> {
    return parseObject(kind, (await this.#call(request)) as RawObject);
  }

  async #call(request: KubeRequest): Promise<unknown> {
    try {
      return await this.#api.call(request);
    } catch (error) {
      throw toStoreError(error);
    }
  }

  #read<K extends Kind>(kind: K, raw: RawObject): ResourceKinds[K] | undefined {
    try {
      return parseObject(kind, raw);
    } catch (error) {
      this.#onUnreadable(kind, raw.metadata, error);
      return undefined;
    }
  }
}

function pathOf(kind: Kind, key: Partial<ObjectKey> = {}): string {
  const group = `/apis/${API_VERSION}`;
  const namespace = key.namespace === undefined ? '' : `/namespaces/${key.namespace}`;
  const name = key.name === undefined ? '' : `/${encodeURIComponent(key.name)}`;
  return `${group}${namespace}/${KINDS[kind].plural}${name}`;
}

/** Lists leave `apiVersion` and `kind` out. The API server has validated; defaults may be newer than the object. */
function parseObject<K extends Kind>(kind: K, raw: RawObject): ResourceKinds[K] {
  const status =
    raw.status === undefined
      ? {}
      : { status: { ...raw.status, conditions: raw.status.conditions ?? [] } };
  const object = { ...raw, apiVersion: API_VERSION, kind, spec: readSpec(kind, raw.spec) };
  return { ...object, ...status } as unknown as ResourceKinds[K];
}

const CODES: Readonly<Record<string, StoreErrorCode>> = {
  NotFound: 'NotFound',
  AlreadyExists: 'AlreadyExists',
  Conflict: 'Conflict',
  Invalid: 'Invalid',
  BadRequest: 'Invalid',
  Expired: 'Expired',
  Gone: 'Expired',
};

function toStoreError(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== 'KubeError') return error;
  const { reason, status } = error as unknown as { reason: string; status: number };
  const code = status === 410 ? 'Expired' : CODES[reason];
  return code === undefined ? error : new StoreError(code, error.message, { cause: error });
}
