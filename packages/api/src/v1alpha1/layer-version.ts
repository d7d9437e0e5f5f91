import { z } from 'zod';
import { Condition } from './conditions.ts';
import { ZipCode } from './function-zip.ts';
import type { Resource } from './meta.ts';
import { withRules, type ValueRule } from './rules.ts';

const LayerName = z
  .string()
  .min(1)
  .max(140)
  .regex(/^[a-zA-Z0-9-_]+$/, { error: 'may hold letters, digits, - and _ only' });

const LayerPermission = z.strictObject({
  statementId: z
    .string()
    .min(1)
    .max(100)
    .regex(/^[a-zA-Z0-9_-]+$/, { error: 'may hold letters, digits, - and _ only' })
    .describe('Name of the statement, unique among the permissions of this object.'),
  action: z
    .enum(['lambda:GetLayerVersion'])
    .default('lambda:GetLayerVersion')
    .describe('What is allowed. Default: lambda:GetLayerVersion, the only one there is.'),
  principal: z
    .string()
    .min(1)
    .max(2048)
    .regex(/^(\*|[0-9]{12}|arn:aws[a-zA-Z-]*:iam::[0-9]{12}:root)$/, {
      error: 'must be *, an account of 12 digits, or the ARN of its root',
    })
    .describe('Who is allowed: * for everybody, or an account.'),
});

type Permissions = readonly { readonly statementId: string }[];

/** What the permissions of a layer must obey together. */
export const LAYER_PERMISSIONS_RULES: readonly ValueRule<Permissions>[] = [
  {
    rule: 'self.all(a, self.exists_one(b, b.statementId == a.statementId))',
    message: 'must not hold a statementId twice',
    holds: (self) => new Set(self.map(({ statementId }) => statementId)).size === self.length,
  },
];

/** What a layer holds, and, once that is given, the number of this version of it. */
export const LayerVersionSpec = z
  .strictObject({
    layerName: LayerName.describe('Layer that this is a version of; cannot be changed.'),
    version: z
      .int()
      .min(1)
      .max(2 ** 31 - 1)
      .optional()
      .describe('Number of the version. Given by the operator; never used twice.'),
    description: z
      .string()
      .max(256)
      .default('')
      .describe('Free text, at most 256 characters; cannot be changed. Default: empty.'),
    licenseInfo: z
      .string()
      .max(512)
      .optional()
      .describe(
        'License: an SPDX identifier, an address, or its text; cannot be changed. Default: not said.',
      ),
    compatibleRuntimes: z
      .array(z.string().min(1).max(64))
      .max(15)
      .optional()
      .describe(
        'Runtimes that it is made for, for those who look for a layer; nothing is refused by it. Default: not said.',
      ),
    compatibleArchitectures: z
      .array(z.enum(['x86_64', 'arm64']))
      .max(2)
      .optional()
      .describe('Instruction sets that it is made for, as compatibleRuntimes. Default: not said.'),
    content: z
      .strictObject({ zip: ZipCode })
      .describe(
        'The archive whose content functions find at /opt. It is read once; cannot be changed.',
      ),
    permissions: withRules(z.array(LayerPermission).max(100), LAYER_PERMISSIONS_RULES)
      .optional()
      .describe('Who may use it, as in a resource policy of Lambda. Default: this account alone.'),
  })
  .describe('What a user asks for.');
/** A parsed, defaulted spec. */
export type LayerVersionSpec = z.infer<typeof LayerVersionSpec>;

/** What the operator saw. */
export const LayerVersionStatus = z.object({
  observedGeneration: z.int().optional().describe('`metadata.generation` last reconciled.'),
  version: z.string().optional().describe('Number of the version.'),
  layerArn: z.string().optional().describe('ARN of the layer.'),
  layerVersionArn: z.string().optional().describe('ARN that functions name in `spec.layers`.'),
  codeSha256: z.string().optional().describe('Base64 SHA-256 of the archive.'),
  codeSize: z.int().optional().describe('Bytes of the archive.'),
  conditions: z.array(Condition).default([]).describe('Observations; Ready first.'),
});
/** What the operator saw. */
export type LayerVersionStatus = z.infer<typeof LayerVersionStatus>;

/** One numbered archive of a layer. */
export type LayerVersionResource = Resource<'LayerVersion', LayerVersionSpec, LayerVersionStatus>;
