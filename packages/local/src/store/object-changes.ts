import type { ObjectMeta, ObjectMetaInput, Resource } from '@mayfly/api';
import { StoreError, type Kind } from '@mayfly/core';
import { toCanonicalJson } from './canonical-json.ts';

/** Any object of the store; its kind's schema was checked when it was written. */
export type StoredObject = Resource<Kind, unknown, unknown>;

/** What a request makes of an object. `nothing`: it is so already. */
export type ObjectChange =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'written'; readonly object: StoredObject }
  | { readonly kind: 'removed'; readonly object: StoredObject };

/** Facts that a decision needs and may not look up itself. */
export interface ChangeFacts {
  readonly resourceVersion: string;
  readonly nowMs: number;
}

/** The object that `create` stores. `spec` is checked and has its defaults. */
export function makeStoredObject(
  input: { readonly apiVersion: string; readonly kind: Kind; readonly metadata: ObjectMetaInput },
  facts: ChangeFacts & { readonly spec: unknown; readonly uid: string; readonly namespace: string },
): StoredObject {
  return {
    apiVersion: input.apiVersion,
    kind: input.kind,
    metadata: {
      name: input.metadata.name,
      namespace: facts.namespace,
      uid: facts.uid,
      resourceVersion: facts.resourceVersion,
      generation: 1,
      creationTimestamp: toTimestamp(facts.nowMs),
      ...userMetadata(input.metadata),
      ...(input.metadata.ownerReferences && { ownerReferences: input.metadata.ownerReferences }),
    },
    spec: facts.spec,
  };
}

/**
 * Spec, labels, annotations and finalizers of `wanted` on the stored object.
 * @throws StoreError `Conflict`, `Invalid`
 */
export function applyUpdate(
  stored: StoredObject,
  wanted: StoredObject,
  facts: ChangeFacts,
): ObjectChange {
  refuseOldVersion(stored, wanted);
  refuseNewFinalizers(stored, wanted.metadata.finalizers ?? []);
  const specChanged = toCanonicalJson(stored.spec) !== toCanonicalJson(wanted.spec);
  const next: StoredObject = {
    ...stored,
    metadata: {
      ...serverMetadata(stored.metadata),
      ...userMetadata(wanted.metadata),
      generation: stored.metadata.generation + (specChanged ? 1 : 0),
    },
    spec: wanted.spec,
  };
  if (toCanonicalJson(next) === toCanonicalJson(stored)) return { kind: 'nothing' };
  return toChange(next, facts);
}

/**
 * Status of `wanted` on the stored object, nothing else.
 * @throws StoreError `Conflict`
 */
export function applyStatus(
  stored: StoredObject,
  wanted: StoredObject,
  facts: ChangeFacts,
): ObjectChange {
  refuseOldVersion(stored, wanted);
  if (toCanonicalJson(stored.status) === toCanonicalJson(wanted.status)) return { kind: 'nothing' };
  const { apiVersion, kind, metadata, spec } = stored;
  const status = wanted.status === undefined ? {} : { status: wanted.status };
  const next: StoredObject = { apiVersion, kind, metadata, spec, ...status };
  return { kind: 'written', object: withVersion(next, facts) };
}

/** Marks an object that has finalizers, removes another. */
export function applyDelete(stored: StoredObject, facts: ChangeFacts): ObjectChange {
  if ((stored.metadata.finalizers ?? []).length === 0) {
    return { kind: 'removed', object: withVersion(stored, facts) };
  }
  if (stored.metadata.deletionTimestamp !== undefined) return { kind: 'nothing' };
  const metadata: ObjectMeta = {
    ...stored.metadata,
    deletionTimestamp: toTimestamp(facts.nowMs),
    // The API server counts the wish to delete as a change of the wish.
    generation: stored.metadata.generation + 1,
  };
  return { kind: 'written', object: withVersion({ ...stored, metadata }, facts) };
}

function toChange(next: StoredObject, facts: ChangeFacts): ObjectChange {
  const isLast =
    next.metadata.deletionTimestamp !== undefined && next.metadata.finalizers === undefined;
  return { kind: isLast ? 'removed' : 'written', object: withVersion(next, facts) };
}

function withVersion(object: StoredObject, { resourceVersion }: ChangeFacts): StoredObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion } };
}

function refuseOldVersion(stored: StoredObject, wanted: StoredObject): void {
  if (
    wanted.metadata.resourceVersion === stored.metadata.resourceVersion &&
    wanted.metadata.uid === stored.metadata.uid
  ) {
    return;
  }
  throw new StoreError(
    'Conflict',
    `${describeObject(stored.kind, stored.metadata)} has been changed; read it again and apply the change to what you get`,
  );
}

function refuseNewFinalizers(stored: StoredObject, wanted: readonly string[]): void {
  if (stored.metadata.deletionTimestamp === undefined) return;
  const added = wanted.find((finalizer) => !(stored.metadata.finalizers ?? []).includes(finalizer));
  if (added === undefined) return;
  throw new StoreError(
    'Invalid',
    `${describeObject(stored.kind, stored.metadata)} is being deleted: metadata.finalizers: "${added}" cannot be added any more`,
  );
}

/** `Function "hello"`, with the namespace when it is not the default one. */
export function describeObject(
  kind: Kind,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): string {
  return `${kind} "${namespace === 'default' ? '' : `${namespace}/`}${name}"`;
}

/** What only the store writes, or what is said once, at creation. */
function serverMetadata(metadata: ObjectMeta): ObjectMeta {
  const { name, namespace, uid, resourceVersion, generation, creationTimestamp } = metadata;
  const { deletionTimestamp, ownerReferences } = metadata;
  return {
    name,
    namespace,
    uid,
    resourceVersion,
    generation,
    creationTimestamp,
    ...(deletionTimestamp !== undefined && { deletionTimestamp }),
    ...(ownerReferences !== undefined && { ownerReferences }),
  };
}

type UserMetadata = Pick<ObjectMetaInput, 'labels' | 'annotations' | 'finalizers'>;

/** What clients write; empty means absent, as on the API server. */
function userMetadata(metadata: UserMetadata): UserMetadata {
  const { labels = {}, annotations = {}, finalizers = [] } = metadata;
  return {
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(Object.keys(annotations).length > 0 && { annotations }),
    ...(finalizers.length > 0 && { finalizers }),
  };
}

/** RFC 3339 in whole seconds, as the API server writes times. */
function toTimestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
