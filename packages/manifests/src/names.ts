import { computeFnv1a64 } from '@mayfly/core';

const MAX_POD_NAME = 63;
const ID_IN_NAME = 12;

/** Of a custom resource. */
const MAX_OBJECT_NAME = 253;

/** Name of the NetworkPolicy in every namespace that has Functions. */
export const FUNCTIONS_NETWORK_POLICY = 'mayfly-functions';

/** FNV-1a, 64 bits, 16 hex digits. For names that must be short, never for secrets. */
export function computeNameHash(text: string): string {
  return computeFnv1a64(text).toString(16).padStart(16, '0');
}

/**
 * Name of the pod that is an execution environment: that of the object it is for, cut, and the beginning of the id.
 * `hello`, `3f2a91…` → `hello-3f2a91c07b55`.
 */
export function makePodName(ownerName: string, executionEnvironmentId: string): string {
  const id = executionEnvironmentId
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')
    .slice(0, ID_IN_NAME);
  const prefix = ownerName
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/g, '-')
    .slice(0, MAX_POD_NAME - ID_IN_NAME - 1)
    .replaceAll(/^-+|-+$/g, '');
  return `${prefix === '' ? 'fn' : prefix}-${id}`;
}

/** Name of the Version that a Function publishes by itself: `hello`, 3 → `hello-3`. */
export function makeVersionName(functionObjectName: string, number: number): string {
  const suffix = `-${number.toString()}`;
  const prefix = functionObjectName
    .slice(0, MAX_OBJECT_NAME - suffix.length)
    .replaceAll(/[-.]+$/g, '');
  return `${prefix}${suffix}`;
}
