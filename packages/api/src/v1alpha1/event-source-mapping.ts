import { z } from 'zod';
import { FunctionTags } from './function-tags.ts';
import type { Resource } from './meta.ts';
import { QualifiedFunctionName } from './names.ts';
import { UnservedStatus } from './unserved-status.ts';

/** Which source feeds which function. Its other fields come when event sources are served. */
export const EventSourceMappingSpec = z
  .strictObject({
    functionName: QualifiedFunctionName.describe(
      'Function to invoke, optionally with :version or :alias.',
    ),
    eventSourceArn: z
      .string()
      .min(1)
      .max(1024)
      .regex(/^arn:[^\s]+$/, { error: 'must be an ARN' })
      .describe('ARN of the source; cannot be changed.'),
    tags: FunctionTags.optional().describe(
      'Tags of the Lambda API: at most 50 keys with a value each. Default: none.',
    ),
    enabled: z.boolean().default(true).describe('Whether the source is polled. Default: true.'),
  })
  .describe('What a user asks for.');
/** A parsed, defaulted spec. */
export type EventSourceMappingSpec = z.infer<typeof EventSourceMappingSpec>;

/** What the operator saw. */
export const EventSourceMappingStatus = UnservedStatus;
/** What the operator saw. */
export type EventSourceMappingStatus = UnservedStatus;

/** A source of events whose records are handed to a function in batches. */
export type EventSourceMappingResource = Resource<
  'EventSourceMapping',
  EventSourceMappingSpec,
  EventSourceMappingStatus
>;
