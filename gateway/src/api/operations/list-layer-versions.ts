import { isCompatible, readLayerName, toLayerItem } from '../mapping/layer-version.ts';
import { serve } from '../operation.ts';
import { toPage } from '../paging.ts';

/** `GET /2018-10-31/layers/{LayerName}/versions`: the newest first; none of a layer that is not there. */
export const listLayerVersions = serve('ListLayerVersions', (input, { objects, site }) => {
  const { layerName } = readLayerName(input, site);
  const versions = objects
    .layerVersionsOf(site.namespace, layerName)
    .filter((layer) => isCompatible(layer, input));
  const { items, nextMarker } = toPage(versions, input, {
    keyOf: ({ spec }) => String(spec.version),
    isAfter: (key, last) => Number(key) < Number(last),
  });
  return { LayerVersions: items.map((layer) => toLayerItem(layer, site)), NextMarker: nextMarker };
});
