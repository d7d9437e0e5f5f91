import { z } from 'zod';
import { AliasRollout, AliasRolloutStatus } from './alias-rollout.ts';
import { Condition } from './conditions.ts';
import { EventInvokeConfig } from './event-invoke-config.ts';
import { FunctionPermissions } from './function-permissions.ts';
import { FunctionUrl } from './function-url.ts';
import type { Resource } from './meta.ts';
import { FunctionName } from './names.ts';
import { ProvisionedConcurrency, ProvisionedConcurrencyStatus } from './provisioned-concurrency.ts';
import { withRules, type ValueRule } from './rules.ts';

type Weights = Readonly<Record<string, number>>;

/** What the keys of `additionalVersionWeights` must obey together. */
export const WEIGHTS_RULES: readonly ValueRule<Weights>[] = [
  {
    rule: 'self.size() <= 1',
    message: 'must name at most one additional version',
    holds: (self) => Object.keys(self).length <= 1,
    explain: (self) =>
      `must name at most one additional version (got ${Object.keys(self).slice(0, 3).join(', ')})`,
  },
  {
    rule: "self.all(k, k.matches('^[0-9]+$'))",
    message: 'keys must be version numbers',
    holds: (self) => Object.keys(self).every((key) => /^[0-9]+$/.test(key)),
  },
];

const AdditionalVersionWeights = withRules(
  z.record(z.string(), z.number().min(0).max(1)),
  WEIGHTS_RULES,
).meta({ maxProperties: 8 });

const RoutingConfig = z
  .strictObject({
    additionalVersionWeights: AdditionalVersionWeights.optional().describe(
      'At most one other version and its share of the invocations, 0 to 1: `"2": 0.03` is three of a hundred. Default: none.',
    ),
  })
  .describe('A second version that gets a share of the invocations.');

/** Which version a name points to. */
export const AliasSpec = z
  .strictObject({
    functionName: FunctionName.describe(
      'Function that the alias belongs to, by its name in the Lambda API; cannot be changed.',
    ),
    // At least one character that is no digit: a qualifier of digits alone is a version.
    name: z
      .string()
      .min(1)
      .max(128)
      .regex(/^[a-zA-Z0-9_-]*[a-zA-Z_-][a-zA-Z0-9_-]*$/, {
        error: 'may hold letters, digits, - and _ only, and not digits alone',
      })
      .describe('Name of the alias, used as qualifier; cannot be changed.'),
    functionVersion: z
      .string()
      .min(1)
      .max(1024)
      .regex(/^(\$LATEST|[0-9]+)$/, { error: 'must be a version number or $LATEST' })
      .describe('Version that the alias points to: a number, or $LATEST.'),
    routingConfig: RoutingConfig.optional(),
    rollout: AliasRollout.optional(),
    description: z
      .string()
      .max(256)
      .default('')
      .describe('Free text, at most 256 characters. Default: empty.'),
    provisionedConcurrency: ProvisionedConcurrency.optional(),
    permissions: FunctionPermissions.optional(),
    eventInvokeConfig: EventInvokeConfig.optional(),
    url: FunctionUrl.optional(),
  })
  .describe('What a user asks for.');
/** A parsed, defaulted spec. */
export type AliasSpec = z.infer<typeof AliasSpec>;

/** Where invocations that name the alias go. Gateways read this, never `spec`: it is what was found good. */
export const AliasRouting = z
  .object({
    functionVersion: z.string().describe('The version that gets what the other one does not.'),
    additionalVersion: z
      .object({
        version: z.string().describe('The other version.'),
        weight: z.number().describe('Its share of the invocations, 0 to 1.'),
      })
      .optional()
      .describe('A second version, if there is one.'),
    url: FunctionUrl.optional(),
  })
  .describe('What invocations get until the next good change.');
/** Where invocations that name the alias go. */
export type AliasRouting = z.infer<typeof AliasRouting>;

/** What the operator saw. */
export const AliasStatus = z.object({
  observedGeneration: z.int().optional().describe('`metadata.generation` last reconciled.'),
  aliasArn: z.string().optional().describe('ARN of the alias.'),
  revisionId: z.string().optional().describe('Changes with every change of the alias.'),
  url: z.string().optional().describe('Function URL of the alias.'),
  routing: AliasRouting.optional(),
  rollout: AliasRolloutStatus.optional(),
  provisionedConcurrency: ProvisionedConcurrencyStatus.optional(),
  conditions: z.array(Condition).default([]).describe('Observations; Ready first.'),
});
/** What the operator saw. */
export type AliasStatus = z.infer<typeof AliasStatus>;

/** A named pointer to a version. */
export type AliasResource = Resource<'Alias', AliasSpec, AliasStatus>;
