import { z } from 'zod';
import type { Resource } from './meta.ts';
import { FunctionName } from './names.ts';
import { UnservedStatus } from './unserved-status.ts';

/** Which function to freeze. Its other fields come when versions are served. */
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
  })
  .describe('What a user asks for.');
/** A parsed, defaulted spec. */
export type VersionSpec = z.infer<typeof VersionSpec>;

/** What the operator saw. */
export const VersionStatus = UnservedStatus;
/** What the operator saw. */
export type VersionStatus = UnservedStatus;

/** An immutable, numbered snapshot of a function's code and configuration. */
export type VersionResource = Resource<'Version', VersionSpec, VersionStatus>;
