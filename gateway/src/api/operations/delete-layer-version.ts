import { checkVersionNumber, readLayerName } from '../mapping/layer-version.ts';
import { serve } from '../operation.ts';

/**
 * `DELETE /2018-10-31/layers/{LayerName}/versions/{VersionNumber}`; one that is not there is deleted, as in Lambda.
 * Functions that have it keep it.
 */
export const deleteLayerVersion = serve('DeleteLayerVersion', async (input, call) => {
  const { layerName } = readLayerName(input, call.site);
  checkVersionNumber(input);
  const { objects, site, writer, signal } = call;
  const layer = objects.findLayerVersion(site.namespace, layerName, input.VersionNumber);
  if (layer !== undefined) await writer.delete(layer, signal);
  return {};
});
