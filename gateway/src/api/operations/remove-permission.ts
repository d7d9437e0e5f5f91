import { removePermission as decide } from '@mayfly/core';
import { changePolicy, requirePolicy } from '../mapping/resource-policy.ts';
import { serve } from '../operation.ts';

/** `DELETE /2015-03-31/functions/{FunctionName}/policy/{StatementId}` */
export const removePermission = serve('RemovePermission', async (input, call) => {
  const policy = requirePolicy(input, call);
  const edit = {
    revisionId: input.RevisionId,
    change: (current: Parameters<typeof decide>[0]) => {
      const decided = decide(current, input.StatementId);
      if (decided.kind === 'refused') throw decided.error;
      return decided.permissions;
    },
  };
  await changePolicy(policy, edit, call);
  return {};
});
