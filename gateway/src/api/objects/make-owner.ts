import { API_VERSION, type FunctionResource, type OwnerReference } from '@mayfly/api';

/** Says whose an object is: what the Lambda API makes for a function goes when the function goes, whoever deletes it. */
export function makeOwner({ metadata }: FunctionResource): readonly OwnerReference[] {
  const { name, uid } = metadata;
  return [{ apiVersion: API_VERSION, kind: 'Function', name, uid, blockOwnerDeletion: false }];
}
