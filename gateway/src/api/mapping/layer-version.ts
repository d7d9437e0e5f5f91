import type { LayerVersionResource } from '@mayfly/api';
import { LambdaError, makeLayerArn } from '@mayfly/lambda-api';
import type { GetLayerVersionResponse, LayerVersionsListItem } from '@mayfly/lambda-api/contract';
import type { ApiCall, ApiSite } from '../operation.ts';
import { invalid } from '../invalid.ts';
import { toLambdaTime } from './function-configuration.ts';

/** A layer as a request names it. */
export interface LayerRequest {
  readonly layerName: string;
  readonly layerArn: string;
}

const LAYER_ARN = /^arn:[^:]+:lambda:(?<region>[^:]+):(?<account>\d{12}):layer:(?<name>[^:]+)$/;

/**
 * Reads the name or ARN of a layer.
 * @throws LambdaError when it leads to another region or account
 */
export function readLayerName(input: { readonly LayerName: string }, site: ApiSite): LayerRequest {
  const groups = LAYER_ARN.exec(input.LayerName)?.groups;
  const { region = site.region, account = site.accountId } = groups ?? {};
  const layerName = groups?.['name'] ?? input.LayerName;
  if (region !== site.region) {
    throw new LambdaError(
      'ResourceNotFoundException',
      `Layers from '${region}' are not reachable in this region ('${site.region}')`,
    );
  }
  if (account !== site.accountId) {
    throw new LambdaError(
      'AccessDeniedException',
      `The layer belongs to the account ${account}, and this is the account ${site.accountId}.`,
    );
  }
  return { layerName, layerArn: makeLayerArn({ ...site, layerName }) };
}

/** @throws LambdaError `InvalidParameterValueException` for a number that no version has */
export function checkVersionNumber({ VersionNumber }: { readonly VersionNumber: number }): void {
  if (VersionNumber < 1) throw invalid('Layer Version Cannot be less than 1');
}

/** @throws LambdaError `ResourceNotFoundException` */
export function requireLayerVersion(
  input: { readonly LayerName: string; readonly VersionNumber: number },
  { objects, site }: ApiCall,
): LayerVersionResource {
  const { layerName } = readLayerName(input, site);
  checkVersionNumber(input);
  const layer = objects.findLayerVersion(site.namespace, layerName, input.VersionNumber);
  if (layer !== undefined) return layer;
  throw new LambdaError('ResourceNotFoundException', 'The resource you requested does not exist.');
}

/** A version as lists have it. */
export function toLayerItem(layer: LayerVersionResource, site: ApiSite): LayerVersionsListItem {
  const { metadata, spec } = layer;
  const { version: Version = 0, compatibleArchitectures, compatibleRuntimes, licenseInfo } = spec;
  return {
    LayerVersionArn: makeLayerArn({ ...site, layerName: spec.layerName }, Version),
    Version,
    Description: spec.description,
    CreatedDate: toLambdaTime(metadata.creationTimestamp),
    ...(compatibleArchitectures && { CompatibleArchitectures: compatibleArchitectures }),
    ...(compatibleRuntimes && { CompatibleRuntimes: compatibleRuntimes }),
    ...(licenseInfo === undefined ? {} : { LicenseInfo: licenseInfo }),
  };
}

/** A version with the address of its archive. */
export function toLayerVersion(
  layer: LayerVersionResource,
  { site, baseUrl, clock, makeCodeLocation }: ApiCall,
): GetLayerVersionResponse {
  const { codeSha256 = '', codeSize } = layer.status ?? {};
  const Location = makeCodeLocation({ codeSha256, baseUrl, nowMs: clock.now() });
  return {
    ...toLayerItem(layer, site),
    LayerArn: makeLayerArn({ ...site, layerName: layer.spec.layerName }),
    Content: { Location, CodeSha256: codeSha256, CodeSize: codeSize },
  };
}

/** What a list is asked for. */
export interface Compatibility {
  readonly CompatibleRuntime?: string | undefined;
  readonly CompatibleArchitecture?: string | undefined;
}

/** Whether a version says of itself that it is for that. */
export function isCompatible(
  { spec }: LayerVersionResource,
  { CompatibleRuntime: runtime, CompatibleArchitecture: architecture }: Compatibility,
): boolean {
  const { compatibleRuntimes = [], compatibleArchitectures = [] } = spec;
  const architectures: readonly string[] = compatibleArchitectures;
  return (
    (runtime === undefined || compatibleRuntimes.includes(runtime)) &&
    (architecture === undefined || architectures.includes(architecture))
  );
}
