import { z } from 'zod';
import type { Resource } from './meta.ts';
import { FunctionName } from './names.ts';
import { UnservedStatus } from './unserved-status.ts';

/** Which version a name points to. Its other fields come when aliases are served. */
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
    description: z
      .string()
      .max(256)
      .default('')
      .describe('Free text, at most 256 characters. Default: empty.'),
  })
  .describe('What a user asks for.');
/** A parsed, defaulted spec. */
export type AliasSpec = z.infer<typeof AliasSpec>;

/** What the operator saw. */
export const AliasStatus = UnservedStatus;
/** What the operator saw. */
export type AliasStatus = UnservedStatus;

/** A named pointer to a version. */
export type AliasResource = Resource<'Alias', AliasSpec, AliasStatus>;
