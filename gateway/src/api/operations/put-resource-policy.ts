import { parsePolicyDocument } from '../mapping/parse-policy-document.ts';
import { toResourcePolicyDocument } from '../mapping/resource-policy-document.ts';
import { changePolicy, requirePolicy } from '../mapping/resource-policy.ts';
import { serve } from '../operation.ts';

/** `PUT /2026-07-09/resource-policy/{ResourceArn}` */
export const putResourcePolicy = serve(
  'PutResourcePolicy',
  async (input, call) => {
    const policy = requirePolicy({ FunctionName: input.ResourceArn }, call);
    const wanted = parsePolicyDocument(input.Policy, policy.resourceArn);
    const edit = { revisionId: input.RevisionId, change: () => wanted };
    const { permissions, resourceArn, revisionId } = await changePolicy(policy, edit, call);
    return { Policy: toResourcePolicyDocument(permissions, resourceArn), RevisionId: revisionId };
  },
  {
    partial:
      'statements as AddPermission makes them: `Allow`, one principal, one action, its conditions; no `Id`',
  },
);
