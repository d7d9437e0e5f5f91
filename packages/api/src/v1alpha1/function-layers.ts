import { z } from 'zod';
import { withRules, type ValueRule } from './rules.ts';

/** What the layers of a function must obey together. */
export const LAYERS_RULES: readonly ValueRule<readonly string[]>[] = [
  {
    rule: "self.all(a, self.exists_one(b, b.substring(0, b.lastIndexOf(':')) == a.substring(0, a.lastIndexOf(':'))))",
    message: 'must not name one layer twice',
    holds: (self) => new Set(self.map(toLayerArn)).size === self.length,
  },
];

function toLayerArn(arn: string): string {
  return arn.slice(0, arn.lastIndexOf(':'));
}

/** Layers of a function, by the ARNs of their versions. */
export const FunctionLayers = withRules(
  z
    .array(
      z
        .string()
        .min(1)
        .max(256)
        .regex(/^arn:aws[a-zA-Z-]*:lambda:[a-z0-9-]+:[0-9]{12}:layer:[a-zA-Z0-9-_]+:[0-9]+$/, {
          error:
            'must be the ARN of a version of a layer: arn:aws:lambda:<region>:<account>:layer:<name>:<version>',
        }),
    )
    .max(5),
  LAYERS_RULES,
).describe(
  'ARNs of LayerVersions of the same namespace, at most 5 (packageType Zip only). Their archives are unpacked to /opt in this order, so that a later one wins; embedded, to a folder that the search paths of the runtime name. One that is deleted stays with the Functions that have it. Default: none.',
);

/** A layer as it is served. */
export const ServedLayer = z.object({
  arn: z.string().describe('ARN of the version of the layer.'),
  codeSha256: z.string().describe('Base64 SHA-256 of its archive.'),
  codeSize: z.int().describe('Bytes of its archive.'),
});
/** A layer as it is served. */
export type ServedLayer = z.infer<typeof ServedLayer>;
