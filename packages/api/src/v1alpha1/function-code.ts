import { z } from 'zod';
import { byteLength } from './byte-length.ts';
import { withRules } from './rules.ts';
import type { ValueRule } from './rules.ts';

/** Largest source text of `code.inline` in bytes (512 KiB); an object in etcd holds little more than 1 MiB. */
const MAX_INLINE_BYTES = 524_288;

const ZipCode = z
  .strictObject({
    path: z
      .string()
      .min(1)
      .max(4096)
      .describe(
        'File or folder on the machine that runs `mayfly start`, relative to the folder of the manifest. ' +
          'A folder is zipped; the same files always give the same codeSha256.',
      ),
    sha256: z
      .string()
      .regex(/^[A-Za-z0-9+/]{43}=$/, {
        error: 'must be a SHA-256 in base64 (44 characters, the last one =)',
      })
      .optional()
      .describe(
        'Base64 SHA-256 that the archive must have; checked before it is unpacked. Default: not checked.',
      ),
  })
  .describe('A .zip archive with the code at its root.');

interface CodeMembers {
  readonly inline?: string | undefined;
  readonly zip?: unknown;
}

/** What the members of `code` must obey together. */
export const CODE_RULES: readonly ValueRule<CodeMembers>[] = [
  {
    rule: 'has(self.inline) != has(self.zip)',
    message: 'must have exactly one of inline and zip',
    holds: (self) => (self.inline === undefined) !== (self.zip === undefined),
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
  }),
  CODE_RULES,
).describe('Where the code comes from: exactly one of the members. A change makes a new revision.');
