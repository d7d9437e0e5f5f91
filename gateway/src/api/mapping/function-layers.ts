import { LIMITS, parseLayerVersionArn } from '@mayfly/lambda-api';
import type { Layer } from '@mayfly/lambda-api/contract';
import type { ServedLayer } from '@mayfly/api';
import type { ApiCall } from '../operation.ts';
import { invalid } from '../invalid.ts';

/**
 * What the contract leaves to us of the layers of a function.
 * @throws LambdaError `InvalidParameterValueException` in AWS's words
 */
export function checkLayers(arns: readonly string[], { objects, site }: ApiCall): void {
  if (arns.length > LIMITS.maxLayers) {
    throw invalid(`Cannot reference more than ${LIMITS.maxLayers.toString()} layers.`);
  }
  refuseTwoOfOne(arns);
  for (const arn of arns) {
    const named = parseLayerVersionArn(arn);
    if (named !== undefined && named.region !== site.region) {
      throw invalid(
        `Layers are not in the same region as the function. Layers are expected to be in region ${site.region}.`,
      );
    }
    const isOurs = named?.accountId === site.accountId;
    const layer =
      isOurs && objects.findLayerVersion(site.namespace, named.layerName, named.version);
    if (!layer) throw invalid(`Layer version ${arn} does not exist.`);
  }
}

function refuseTwoOfOne(arns: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const arn of arns) {
    const layerArn = arn.slice(0, arn.lastIndexOf(':'));
    const first = seen.get(layerArn);
    if (first !== undefined) {
      throw invalid(
        `Two different versions of the same layer are not allowed to be referenced in the same function. ${first} and ${arn} are versions of the same layer.`,
      );
    }
    seen.set(layerArn, arn);
  }
}

/** The `Layers` of a configuration: none when there are none. */
export function toLayers(
  arns: readonly string[] | undefined,
  served: readonly ServedLayer[] | undefined,
): { readonly Layers?: readonly Layer[] } {
  if (arns === undefined || arns.length === 0) return {};
  const sizes = new Map((served ?? []).map(({ arn, codeSize }) => [arn, codeSize]));
  return { Layers: arns.map((Arn) => ({ Arn, CodeSize: sizes.get(Arn) ?? 0 })) };
}

/** As `toLayers`, of layers that have just been asked for: what they are is known before they are served. */
export function toAskedLayers(
  arns: readonly string[] | undefined,
  { objects, site }: ApiCall,
): { readonly Layers?: readonly Layer[] } {
  const known = (arns ?? []).flatMap((arn) => {
    const named = parseLayerVersionArn(arn);
    const layer = named && objects.findLayerVersion(site.namespace, named.layerName, named.version);
    const { codeSha256, codeSize } = layer?.status ?? {};
    if (codeSha256 === undefined || codeSize === undefined) return [];
    return [{ arn, codeSha256, codeSize }];
  });
  return toLayers(arns, known);
}
