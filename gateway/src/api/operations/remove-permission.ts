import { changePolicy, requirePolicy } from '../mapping/resource-policy.ts';
import { removingPermission } from '../mapping/policy-edit.ts';
import { serve } from '../operation.ts';

/** `DELETE /2015-03-31/functions/{FunctionName}/policy/{StatementId}` */
export const removePermission = serve('RemovePermission', async (input, call) => {
  const policy = requirePolicy(input, call);
  const change = removingPermission(input.StatementId);
  const edit = { revisionId: input.RevisionId, change };
  await changePolicy(policy, edit, call);
  return {};
});
