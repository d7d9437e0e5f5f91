import { z } from 'zod';
import { Condition } from './conditions.ts';
import { FunctionTags } from './function-tags.ts';
import type { Resource } from './meta.ts';

const AllowedPublishers = z.strictObject({
  signingProfileVersionArns: z
    .array(
      z
        .string()
        .min(1)
        .max(2048)
        .regex(
          /^arn:aws[a-zA-Z0-9-]*:[a-zA-Z0-9-]+:([a-z]{2,4}(-[a-z]+)+-[0-9])?:([0-9]{12})?:(.*)$/,
          { error: 'must be an ARN' },
        ),
    )
    .min(1)
    .max(20)
    .describe('ARNs of versions of signing profiles, 1 to 20.'),
});

const Policies = z.strictObject({
  untrustedArtifactOnDeployment: z
    .enum(['Warn', 'Enforce'])
    .default('Warn')
    .describe(
      'What becomes of new code that is not known to be signed: Warn serves it and says so in the condition CodeSigned of the Function; Enforce refuses it, and what was served goes on. Default: Warn.',
    ),
});

/** Whose signatures functions accept, and what becomes of code without one. */
export const CodeSigningConfigSpec = z
  .strictObject({
    description: z
      .string()
      .max(256)
      .default('')
      .describe('Free text, at most 256 characters. Default: empty.'),
    allowedPublishers: AllowedPublishers.describe(
      'Who may sign. Kept for the tools that ask for it: no signature is verified, so that every archive counts as one that nobody has signed.',
    ),
    policies: Policies.optional().describe(
      'What is done about code that is not known to be signed.',
    ),
    tags: FunctionTags.optional().describe(
      'Tags of the Lambda API: at most 50 keys with a value each. Default: none.',
    ),
  })
  .describe('What a user asks for.');
/** A parsed, defaulted spec. */
export type CodeSigningConfigSpec = z.infer<typeof CodeSigningConfigSpec>;

/** What the operator saw. */
export const CodeSigningConfigStatus = z.object({
  observedGeneration: z.int().optional().describe('`metadata.generation` last reconciled.'),
  codeSigningConfigId: z
    .string()
    .optional()
    .describe(
      'Id in the Lambda API: metadata.name where that is one (csc- and 17 letters or digits), else made of it.',
    ),
  codeSigningConfigArn: z
    .string()
    .optional()
    .describe('ARN that functions name in `spec.codeSigningConfigArn`.'),
  conditions: z.array(Condition).default([]).describe('Observations; Ready first.'),
});
/** What the operator saw. */
export type CodeSigningConfigStatus = z.infer<typeof CodeSigningConfigStatus>;

/** What functions demand of the signatures of their code. */
export type CodeSigningConfigResource = Resource<
  'CodeSigningConfig',
  CodeSigningConfigSpec,
  CodeSigningConfigStatus
>;
