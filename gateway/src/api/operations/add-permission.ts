import { addPermission as decide, toPolicyStatement, type WantedPermission } from '@mayfly/core';
import type { AddPermissionRequest } from '@mayfly/lambda-api/contract';
import { changePolicy, requirePolicy } from '../mapping/resource-policy.ts';
import { serve } from '../operation.ts';

/** `POST /2015-03-31/functions/{FunctionName}/policy` */
export const addPermission = serve(
  'AddPermission',
  async (input, call) => {
    const wanted = toWantedPermission(input);
    const policy = requirePolicy(input, call);
    const edit = {
      revisionId: input.RevisionId,
      change: (current: Parameters<typeof decide>[0]) => {
        const decided = decide(current, wanted);
        if (decided.kind === 'refused') throw decided.error;
        return decided.permissions;
      },
    };
    await changePolicy(policy, edit, call);
    return { Statement: JSON.stringify(toPolicyStatement(wanted, policy.resourceArn)) };
  },
  { partial: '`PrincipalOrgID` is refused by name: there are no organizations here' },
);

function toWantedPermission(input: AddPermissionRequest): WantedPermission {
  const said = {
    sourceArn: input.SourceArn,
    sourceAccount: input.SourceAccount,
    eventSourceToken: input.EventSourceToken,
    functionUrlAuthType: input.FunctionUrlAuthType,
    invokedViaFunctionUrl: input.InvokedViaFunctionUrl,
    principalOrgId: input.PrincipalOrgID,
  };
  return {
    statementId: input.StatementId,
    principal: input.Principal,
    action: input.Action,
    // What is not said is not there: the object is written as it is.
    ...(Object.fromEntries(
      Object.entries(said).filter(([, value]) => value !== undefined),
    ) as typeof said),
  };
}
