import { describePolicy } from '@mayfly/core';
import { changePolicy, requirePolicy } from '../mapping/resource-policy.ts';
import { serve } from '../operation.ts';

/** `DELETE /2026-07-09/resource-policy/{ResourceArn}` */
export const deleteResourcePolicy = serve('DeleteResourcePolicy', async (input, call) => {
  const policy = requirePolicy({ FunctionName: input.ResourceArn }, call);
  // That there is none is an error, as for GetResourcePolicy.
  describePolicy(policy);
  await changePolicy(policy, { revisionId: input.RevisionId, change: () => [] }, call);
  return {};
});
