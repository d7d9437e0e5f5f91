import { API_VERSION, type LayerVersionResource } from '@mayfly/api';
import { makeObjectName } from '@mayfly/core';
import { LambdaError } from '@mayfly/lambda-api';
import type { PublishLayerVersionRequest } from '@mayfly/lambda-api/contract';
import { invalid } from '../invalid.ts';
import { placeCode, type PlacedCode } from '../mapping/function-code.ts';
import { readLayerName, toLayerVersion } from '../mapping/layer-version.ts';
import { withoutAbsent } from '../mapping/without-absent.ts';
import { serve, type ApiCall } from '../operation.ts';

type NewLayerVersion = Parameters<ApiCall['writer']['create']>[0] & {
  readonly kind: 'LayerVersion';
};

/** An archive may have to be fetched. */
const PUBLISH_TIMEOUT_MS = 25_000;
const ID_LENGTH = 12;

/** `POST /2018-10-31/layers/{LayerName}/versions` */
export const publishLayerVersion = serve('PublishLayerVersion', async (input, call) => {
  const { layerName } = readLayerName(input, call.site);
  const placed = await placeCode(input.Content, call);
  const { writer, signal } = call;
  const created = await writer.create<'LayerVersion'>(
    makeLayerVersion(layerName, { input, placed }, call),
    signal,
  );
  const layer = await writer.until<'LayerVersion'>(created, isDecided, PUBLISH_TIMEOUT_MS);
  const ready = layer?.status?.conditions.find(({ type }) => type === 'Ready');
  if (layer !== undefined && ready?.status === 'True') return toLayerVersion(layer, call);
  // One that can never be used is not kept: its number is given to nobody else.
  await writer.delete(created, signal);
  if (ready !== undefined) throw invalid(ready.message);
  throw new LambdaError(
    'ServiceUnavailableException',
    'The layer could not be published in time. Please try again.',
  );
});

function isDecided({ metadata, status }: LayerVersionResource): boolean {
  const ready = status?.conditions.find(({ type }) => type === 'Ready');
  if (ready === undefined || ready.status === 'Unknown') return false;
  return (ready.observedGeneration ?? 0) >= metadata.generation;
}

function makeLayerVersion(
  layerName: string,
  { input, placed }: { readonly input: PublishLayerVersionRequest; readonly placed: PlacedCode },
  { makeId, site }: ApiCall,
): NewLayerVersion {
  const said = {
    description: input.Description,
    licenseInfo: input.LicenseInfo,
    compatibleRuntimes: input.CompatibleRuntimes,
    compatibleArchitectures: input.CompatibleArchitectures,
  };
  const id = makeId().replaceAll('-', '').slice(0, ID_LENGTH);
  return {
    apiVersion: API_VERSION,
    kind: 'LayerVersion',
    metadata: { name: makeObjectName(layerName, id), namespace: site.namespace },
    spec: {
      layerName,
      ...withoutAbsent(said),
      content: placed.code,
    },
  };
}
