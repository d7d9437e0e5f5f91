import { describePolicy } from '@mayfly/core';
import { LambdaError } from '@mayfly/lambda-api';
import { requireLayerPolicy } from '../mapping/layer-policy.ts';
import { serve } from '../operation.ts';

/** `GET /2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy` */
export const getLayerVersionPolicy = serve('GetLayerVersionPolicy', (input, call) => {
  const policy = requireLayerPolicy(input, call);
  if (policy.permissions.length === 0) {
    throw new LambdaError(
      'ResourceNotFoundException',
      'No policy is associated with the given resource.',
    );
  }
  return { Policy: describePolicy(policy), RevisionId: policy.revisionId };
});
