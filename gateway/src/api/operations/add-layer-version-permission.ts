import { toPolicyStatement } from '@mayfly/core';
import { invalid } from '../invalid.ts';
import { changeLayerPolicy, requireLayerPolicy } from '../mapping/layer-policy.ts';
import { addingPermission } from '../mapping/policy-edit.ts';
import { serve } from '../operation.ts';

/** `POST /2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy` */
export const addLayerVersionPermission = serve(
  'AddLayerVersionPermission',
  async (input, call) => {
    const { StatementId: statementId, Principal: principal, Action: action } = input;
    const wanted = { statementId, principal, action };
    const policy = requireLayerPolicy(input, call);
    if (input.OrganizationId !== undefined) {
      // differs from Lambda: a condition that can never be met is no help to anybody.
      throw invalid('OrganizationId is not supported: there are no organizations here.');
    }
    const edit = { revisionId: input.RevisionId, change: addingPermission(wanted) };
    const { revisionId } = await changeLayerPolicy(policy, edit, call);
    const statement = toPolicyStatement(wanted, policy.resourceArn);
    return { Statement: JSON.stringify(statement), RevisionId: revisionId };
  },
  {
    partial:
      '`OrganizationId` is refused by name; another account is another namespace, which no layer reaches',
  },
);
