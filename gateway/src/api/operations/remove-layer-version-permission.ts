import { changeLayerPolicy, requireLayerPolicy } from '../mapping/layer-policy.ts';
import { removingPermission } from '../mapping/policy-edit.ts';
import { serve } from '../operation.ts';

/** `DELETE /2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy/{StatementId}` */
export const removeLayerVersionPermission = serve(
  'RemoveLayerVersionPermission',
  async (input, call) => {
    const change = removingPermission(input.StatementId);
    const edit = { revisionId: input.RevisionId, change };
    await changeLayerPolicy(requireLayerPolicy(input, call), edit, call);
    return {};
  },
);
