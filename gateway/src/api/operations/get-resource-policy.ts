import { describePolicy } from '@mayfly/core';
import { toResourcePolicyDocument } from '../mapping/resource-policy-document.ts';
import { requirePolicy } from '../mapping/resource-policy.ts';
import { serve } from '../operation.ts';

/** `GET /2026-07-09/resource-policy/{ResourceArn}` */
export const getResourcePolicy = serve('GetResourcePolicy', (input, call) => {
  const policy = requirePolicy({ FunctionName: input.ResourceArn }, call);
  describePolicy(policy);
  const { permissions, resourceArn, revisionId } = policy;
  return { Policy: toResourcePolicyDocument(permissions, resourceArn), RevisionId: revisionId };
});
