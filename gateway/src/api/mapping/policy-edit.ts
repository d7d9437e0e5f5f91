import type { ObjectMeta } from '@mayfly/api';
import {
  addPermission,
  removePermission,
  type Permission,
  type PolicyChange,
  type ResourcePolicy,
  type WantedPermission,
} from '@mayfly/core';
import { toRevisionId } from './revision-id.ts';

/** What a policy is to hold, made of what it holds when it is written. @throws LambdaError when it cannot be */
export type ChangePermissions = (policy: ResourcePolicy) => readonly Permission[];

/** A change of a policy. */
export interface PolicyEdit {
  /** What the caller has seen, if it says so. */
  readonly revisionId: string | undefined;
  readonly change: ChangePermissions;
}

/** A policy with one more permission. */
export function addingPermission(wanted: WantedPermission): ChangePermissions {
  return (policy) => permissionsOf(addPermission(policy, wanted));
}

/** A policy without one of its permissions. */
export function removingPermission(statementId: string): ChangePermissions {
  return (policy) => permissionsOf(removePermission(policy, statementId));
}

function permissionsOf(decided: PolicyChange<object>): readonly Permission[] {
  if (decided.kind === 'refused') throw decided.error;
  return decided.permissions;
}

/** The `RevisionId` of a policy: changes with it, whatever else changes of the object that holds it. */
export function toPolicyRevisionId(
  metadata: ObjectMeta,
  permissions: readonly Permission[],
): string {
  return toRevisionId({ ...metadata, generation: 0 }, JSON.stringify(permissions));
}
