import type {
  AliasResource,
  CodeSigningConfigResource,
  EventSourceMappingResource,
  FunctionResource,
  LayerVersionResource,
  ObjectMetaInput,
  VersionResource,
} from '@mayfly/api';

/** Kinds by name. */
export interface ResourceKinds {
  readonly Function: FunctionResource;
  readonly Version: VersionResource;
  readonly Alias: AliasResource;
  readonly EventSourceMapping: EventSourceMappingResource;
  readonly LayerVersion: LayerVersionResource;
  readonly CodeSigningConfig: CodeSigningConfigResource;
}

/** Name of a kind the store holds. */
export type Kind = keyof ResourceKinds;

/** Names one object. */
export interface ObjectKey {
  readonly namespace: string;
  readonly name: string;
}

/** Key of an object in maps: `namespace/name`. */
export function objectIdOf({ namespace, name }: ObjectKey): string {
  return `${namespace}/${name}`;
}

/** The reverse of `objectIdOf`: neither name has a slash. */
export function parseObjectId(objectId: string): ObjectKey {
  const [namespace = '', name = ''] = objectId.split('/');
  return { namespace, name };
}

/** What a client sends to create an object. */
export interface NewObject {
  readonly apiVersion: string;
  readonly kind: Kind;
  readonly metadata: ObjectMetaInput;
  readonly spec: unknown;
}

/** One change, in the order of writes. `BOOKMARK` carries only progress. */
export type WatchEvent<K extends Kind> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: ResourceKinds[K] }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

/** A list and the point in time from which a watch continues it without a gap. */
export interface ObjectList<K extends Kind> {
  readonly items: readonly ResourceKinds[K][];
  readonly resourceVersion: string;
}

/** Why the store refused. `status` is the HTTP status the API server would give. */
export type StoreErrorCode = 'NotFound' | 'AlreadyExists' | 'Conflict' | 'Invalid' | 'Expired';

/** A refusal of the store: `Conflict` and `AlreadyExists` 409, `Invalid` 422, `Expired` 410, `NotFound` 404. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Asks by code, not by `instanceof`: two copies of this package may be loaded. */
export function isStoreError(error: unknown, code: StoreErrorCode): boolean {
  return (
    error instanceof Error && error.name === 'StoreError' && 'code' in error && error.code === code
  );
}

/**
 * The custom resources, with the API server's rules: `create` sets uid, generation 1 and
 * creationTimestamp; `update` replaces spec, labels, annotations and finalizers and needs the current
 * resourceVersion; `generation` grows when spec changes; `patchStatus` replaces status and nothing else;
 * an update that changes nothing writes nothing; `delete` marks an object that has finalizers and removes
 * it with the last of them.
 */
export interface ResourceStore {
  get<K extends Kind>(
    kind: K,
    key: ObjectKey,
    signal?: AbortSignal,
  ): Promise<ResourceKinds[K] | undefined>;
  list<K extends Kind>(kind: K, signal?: AbortSignal): Promise<ObjectList<K>>;
  /** @throws StoreError `AlreadyExists`, `Invalid` */
  create<K extends Kind>(
    object: NewObject & { kind: K },
    signal?: AbortSignal,
  ): Promise<ResourceKinds[K]>;
  /** @throws StoreError `NotFound`, `Conflict`, `Invalid` */
  update<K extends Kind>(object: ResourceKinds[K], signal?: AbortSignal): Promise<ResourceKinds[K]>;
  /** @throws StoreError `NotFound`, `Conflict` when `object.metadata.resourceVersion` is old */
  patchStatus<K extends Kind>(
    object: ResourceKinds[K],
    signal?: AbortSignal,
  ): Promise<ResourceKinds[K]>;
  /** @throws StoreError `NotFound` */
  delete(kind: Kind, key: ObjectKey, signal?: AbortSignal): Promise<void>;
  /**
   * Changes after `resourceVersion`, for ever, until the signal aborts (then it ends normally).
   * @throws StoreError `Expired` when that point is no longer kept: list again
   */
  watch<K extends Kind>(
    kind: K,
    resourceVersion: string,
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<K>>;
}
