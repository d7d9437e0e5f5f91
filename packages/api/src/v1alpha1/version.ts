import { z } from 'zod';
import { Condition } from './conditions.ts';
import { EventInvokeConfig } from './event-invoke-config.ts';
import { FunctionPermissions } from './function-permissions.ts';
import { ServedRevision } from './function.ts';
import type { Resource } from './meta.ts';
import { FunctionName } from './names.ts';
import { ProvisionedConcurrency, ProvisionedConcurrencyStatus } from './provisioned-concurrency.ts';
import { unbounded } from './unbounded.ts';

// The type is that of what is served: whatever the schema lets through was once taken by the bounds of its day.
const FrozenRevision = unbounded(ServedRevision.omit({ configuration: true })).extend({
  configuration: unbounded(ServedRevision.shape.configuration),
}) as unknown as typeof ServedRevision;

/** Which function to freeze, and, once that is done, what was frozen. */
export const VersionSpec = z
  .strictObject({
    functionName: FunctionName.describe(
      'Function that this is a version of, by its name in the Lambda API; cannot be changed.',
    ),
    description: z
      .string()
      .max(256)
      .default('')
      .describe('Free text, at most 256 characters; cannot be changed. Default: empty.'),
    codeSha256: z
      .string()
      .max(64)
      .optional()
      .describe(
        'Publish only when the code of $LATEST has this Base64 SHA-256; until then it waits. Default: whatever it has.',
      ),
    revisionId: z
      .string()
      .max(64)
      .optional()
      .describe(
        'Publish only when status.revisionId of the Function is this; until then it waits. Default: whatever it is.',
      ),
    version: z
      .int()
      .min(1)
      .max(2 ** 31 - 1)
      .optional()
      .describe(
        'Number of the version. Given by the operator together with the snapshot; never used twice.',
      ),
    snapshot: FrozenRevision.optional().describe(
      'Code and configuration as they were. Filled once by the operator; cannot be changed.',
    ),
    provisionedConcurrency: ProvisionedConcurrency.optional(),
    permissions: FunctionPermissions.optional(),
    eventInvokeConfig: EventInvokeConfig.optional(),
  })
  .describe('What a user asks for.');
/** A parsed, defaulted spec. */
export type VersionSpec = z.infer<typeof VersionSpec>;

/** What the operator saw. */
export const VersionStatus = z.object({
  observedGeneration: z.int().optional().describe('`metadata.generation` last reconciled.'),
  version: z
    .string()
    .optional()
    .describe(
      'Number of the version; of an object that published nothing because $LATEST had not changed, that of the version there was.',
    ),
  functionArn: z.string().optional().describe('ARN of the version.'),
  lastModified: z.string().optional().describe('When it was published.'),
  provisionedConcurrency: ProvisionedConcurrencyStatus.optional(),
  conditions: z.array(Condition).default([]).describe('Observations; Ready first.'),
});
/** What the operator saw. */
export type VersionStatus = z.infer<typeof VersionStatus>;

/** An immutable, numbered snapshot of a function's code and configuration. */
export type VersionResource = Resource<'Version', VersionSpec, VersionStatus>;
