import { makeLayerArn } from '@mayfly/lambda-api';
import { isCompatible, toLayerItem } from '../mapping/layer-version.ts';
import { serve } from '../operation.ts';
import { toPage } from '../paging.ts';

/** `GET /2018-10-31/layers`: of each layer the newest version that is for what is asked for. */
export const listLayers = serve('ListLayers', (input, { objects, site }) => {
  const latest = objects.layerNamesOf(site.namespace).flatMap((layerName) => {
    const versions = objects.layerVersionsOf(site.namespace, layerName);
    return versions.find((layer) => isCompatible(layer, input)) ?? [];
  });
  const { items, nextMarker } = toPage(latest, input, { keyOf: ({ spec }) => spec.layerName });
  return {
    Layers: items.map((layer) => ({
      LayerName: layer.spec.layerName,
      LayerArn: makeLayerArn({ ...site, layerName: layer.spec.layerName }),
      LatestMatchingVersion: toLayerItem(layer, site),
    })),
    NextMarker: nextMarker,
  };
});
