import { requireLayerVersion, toLayerVersion } from '../mapping/layer-version.ts';
import { serve } from '../operation.ts';

/** `GET /2018-10-31/layers?find=LayerVersion` */
export const getLayerVersionByArn = serve('GetLayerVersionByArn', ({ Arn }, call) => {
  const end = Arn.lastIndexOf(':');
  const VersionNumber = Number(Arn.slice(end + 1));
  const layer = requireLayerVersion({ LayerName: Arn.slice(0, end), VersionNumber }, call);
  return toLayerVersion(layer, call);
});
