import type { ObjectMeta } from '@mayfly/api';

/** Metadata of an object that the API server has just made. */
export function metadataOf(name: string, overrides: Partial<ObjectMeta> = {}): ObjectMeta {
  return {
    name,
    namespace: 'default',
    uid: `uid-of-${name}`,
    resourceVersion: '1',
    generation: 1,
    creationTimestamp: '2026-01-01T00:00:00Z',
    ...overrides,
  };
}
