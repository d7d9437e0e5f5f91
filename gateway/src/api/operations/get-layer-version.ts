import { requireLayerVersion, toLayerVersion } from '../mapping/layer-version.ts';
import { serve } from '../operation.ts';

/** `GET /2018-10-31/layers/{LayerName}/versions/{VersionNumber}` */
export const getLayerVersion = serve('GetLayerVersion', (input, call) =>
  toLayerVersion(requireLayerVersion(input, call), call),
);
