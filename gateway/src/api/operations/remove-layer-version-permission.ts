import { removePermission as decide } from '@mayfly/core';
import { changeLayerPolicy, requireLayerPolicy } from '../mapping/layer-policy.ts';
import { serve } from '../operation.ts';

/** `DELETE /2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy/{StatementId}` */
export const removeLayerVersionPermission = serve(
  'RemoveLayerVersionPermission',
  async (input, call) => {
    const edit = {
      revisionId: input.RevisionId,
      change: (current: Parameters<typeof decide>[0]) => {
        const decided = decide(current, input.StatementId);
        if (decided.kind === 'refused') throw decided.error;
        return decided.permissions;
      },
    };
    await changeLayerPolicy(requireLayerPolicy(input, call), edit, call);
    return {};
  },
);
