import { z } from 'zod';
import { byteLength } from './byte-length.ts';
import { ImageCode } from './function-image.ts';
import { ZipCode } from './function-zip.ts';
import { withRules } from './rules.ts';
import type { ValueRule } from './rules.ts';

/** Largest source text of `code.inline` in bytes (512 KiB); an object in etcd holds little more than 1 MiB. */
const MAX_INLINE_BYTES = 524_288;

interface CodeMembers {
  readonly inline?: string | undefined;
  readonly zip?: unknown;
  readonly image?: unknown;
}

const MEMBERS = ['inline', 'zip', 'image'] as const;

/** What the members of `code` must obey together. */
export const CODE_RULES: readonly ValueRule<CodeMembers>[] = [
  {
    rule: `[${MEMBERS.map((name) => `has(self.${name})`).join(', ')}].filter(x, x).size() == 1`,
    message: 'must have exactly one of inline, zip and image',
    holds: (self) => MEMBERS.filter((name) => self[name] !== undefined).length === 1,
  },
  {
    rule: `!has(self.inline) || size(bytes(self.inline)) <= ${MAX_INLINE_BYTES.toString()}`,
    message: `inline must be at most ${MAX_INLINE_BYTES.toString()} bytes; use zip for more`,
    holds: (self) => self.inline === undefined || byteLength(self.inline) <= MAX_INLINE_BYTES,
  },
];

/** Where the code of a function comes from. */
export const FunctionCode = withRules(
  z.strictObject({
    inline: z
      .string()
      .max(MAX_INLINE_BYTES)
      .optional()
      .describe(
        'Source text of one file, named after the file part of `handler`. At most 524288 bytes (512 KiB).',
      ),
    zip: ZipCode.optional(),
    image: ImageCode.optional(),
  }),
  CODE_RULES,
).describe('Where the code comes from: exactly one of the members. A change makes a new revision.');
