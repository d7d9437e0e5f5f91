import type { LayerVersionResource, ServedLayer } from '@mayfly/api';
import { LIMITS, makeLayerArn, parseLayerVersionArn } from '@mayfly/lambda-api';
import type { Account } from '../releases/judge-alias.ts';

/** What became of `spec.layers`. */
export type LayersResolution =
  | { readonly kind: 'resolved'; readonly layers: readonly ServedLayer[] }
  | { readonly kind: 'refused' | 'pending'; readonly reason: string; readonly message: string };

/** What layers are resolved with. */
export interface LayerFacts {
  /** A layer of the namespace of the function, by its ARN. */
  readonly find: (arn: string) => LayerVersionResource | undefined;
  /** Whether every layer is known. */
  readonly isKnown: boolean;
  /** What the function has been served with: it keeps a layer that has been deleted since. */
  readonly served: readonly ServedLayer[];
  readonly account: Account;
}

/** Finds what a function names in `spec.layers`, in that order. */
export function resolveLayers(arns: readonly string[], facts: LayerFacts): LayersResolution {
  const layers: ServedLayer[] = [];
  for (const arn of arns) {
    const found = resolveLayer(arn, facts);
    if (found.kind !== 'resolved') return found;
    layers.push(...found.layers);
  }
  return { kind: 'resolved', layers };
}

function resolveLayer(arn: string, facts: LayerFacts): LayersResolution {
  const { find, isKnown, served, account } = facts;
  const layer = find(arn);
  const { codeSha256, codeSize } = layer?.status ?? {};
  if (codeSha256 !== undefined && codeSize !== undefined) {
    return { kind: 'resolved', layers: [{ arn, codeSha256, codeSize }] };
  }
  const kept = served.find((one) => one.arn === arn);
  if (kept !== undefined) return { kind: 'resolved', layers: [kept] };
  if (parseLayerVersionArn(arn)?.region !== account.region) {
    const message = `Layers are not in the same region as the function. Layers are expected to be in region ${account.region}.`;
    return { kind: 'refused', reason: 'LayerNotFound', message };
  }
  if (!isKnown) {
    return { kind: 'pending', reason: 'LayersPending', message: 'The layers are not known yet.' };
  }
  if (layer !== undefined) {
    const message = `The archive of the layer ${arn} is not there yet.`;
    return { kind: 'pending', reason: 'LayersPending', message };
  }
  const message = `Layer version ${arn} does not exist.`;
  return { kind: 'refused', reason: 'LayerNotFound', message };
}

/** Why a function and its layers are too large together, as far as their archives tell; undefined: they are not. */
export function judgeLayersSize(
  codeSize: number,
  layers: readonly ServedLayer[],
): { readonly reason: string; readonly message: string } | undefined {
  const total = layers.reduce((sum, layer) => sum + layer.codeSize, codeSize);
  const { maxUnpackedCodeBytes: most } = LIMITS;
  if (total <= most) return undefined;
  return {
    reason: 'CodeTooLarge',
    message: `Function code combined with layers exceeds the maximum allowed size of ${most.toString()} bytes. The actual size is ${total.toString()} bytes.`,
  };
}

/** The ARN of a LayerVersion that has its number. */
export function layerVersionArnOf(
  { spec }: Pick<LayerVersionResource, 'spec'>,
  account: Account,
): string | undefined {
  if (spec.version === undefined) return undefined;
  return makeLayerArn({ ...account, layerName: spec.layerName }, spec.version);
}
