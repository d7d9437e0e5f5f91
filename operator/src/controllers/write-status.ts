import { isDeepStrictEqual } from 'node:util';
import type { Kind, ResourceKinds, ResourceStore } from '@mayfly/core';
import { recordConditionChanges, type ObjectEvents } from './object-events.ts';

/** Where statuses are written, and what has changed in them is told. */
export interface StatusDeps {
  readonly store: Pick<ResourceStore, 'patchStatus'>;
  readonly events: ObjectEvents;
}

/** A status that was computed for an object. */
export interface StatusChange<K extends Kind> {
  readonly object: ResourceKinds[K];
  readonly status: NonNullable<ResourceKinds[K]['status']>;
  /** Types of conditions that are told of. */
  readonly told: readonly string[];
}

/** Writes a status that differs from what is there, and tells of it. Answers the object as it is then. */
export async function writeStatus<K extends Kind>(
  { store, events }: StatusDeps,
  { object, status, told }: StatusChange<K>,
  signal: AbortSignal,
): Promise<ResourceKinds[K]> {
  if (isDeepStrictEqual(status, object.status)) return object;
  const written = await store.patchStatus<K>({ ...object, status }, signal);
  const before = object.status?.conditions ?? [];
  recordConditionChanges(events, { object, before, after: status.conditions, told });
  return written;
}
