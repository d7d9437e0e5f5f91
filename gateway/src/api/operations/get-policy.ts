import { describePolicy } from '@mayfly/core';
import { requirePolicy } from '../mapping/resource-policy.ts';
import { serve } from '../operation.ts';

/** `GET /2015-03-31/functions/{FunctionName}/policy` */
export const getPolicy = serve('GetPolicy', (input, call) => {
  const policy = requirePolicy(input, call);
  return { Policy: describePolicy(policy), RevisionId: policy.revisionId };
});
