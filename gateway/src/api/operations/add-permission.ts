import { toPolicyStatement, type WantedPermission } from '@mayfly/core';
import type { AddPermissionRequest } from '@mayfly/lambda-api/contract';
import { addingPermission } from '../mapping/policy-edit.ts';
import { changePolicy, requirePolicy } from '../mapping/resource-policy.ts';
import { withoutAbsent } from '../mapping/without-absent.ts';
import { serve } from '../operation.ts';

/** `POST /2015-03-31/functions/{FunctionName}/policy` */
export const addPermission = serve(
  'AddPermission',
  async (input, call) => {
    const wanted = toWantedPermission(input);
    const policy = requirePolicy(input, call);
    const edit = { revisionId: input.RevisionId, change: addingPermission(wanted) };
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
    ...withoutAbsent(said),
  };
}
