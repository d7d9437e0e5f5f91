import { z } from 'zod';
import { PullSecretNames } from './pull-secret-names.ts';
import { withRules } from './rules.ts';
import type { ValueRule } from './rules.ts';

const DIGEST = /^[A-Za-z0-9+/]{43}=$/;
const DIGEST_RULE = 'must be a SHA-256 in base64 (44 characters, the last one =)';

const S3Object = z
  .strictObject({
    bucket: z.string().min(3).max(255).describe('Name of the bucket.'),
    key: z.string().min(1).max(1024).describe('Key of the archive.'),
    versionId: z
      .string()
      .min(1)
      .max(1024)
      .optional()
      .describe('Version of the object. Default: the current one.'),
  })
  .describe(
    'An object of the S3-compatible storage that the operator is configured for (cluster only). It is read again when the spec changes only.',
  );

const ConfigMapKey = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .max(253)
      .describe('Name of a ConfigMap in the namespace of the Function.'),
    key: z
      .string()
      .min(1)
      .max(253)
      .describe('Key in its binaryData, or in its data as base64 text.'),
  })
  .describe('A key of a ConfigMap (cluster only). It is read again when the spec changes only.');

const OciArtefact = z
  .strictObject({
    reference: z
      .string()
      .min(1)
      .max(2048)
      .regex(/^[^\s]+$/, { error: 'must not hold white space' })
      .describe('registry/repository:tag or registry/repository@sha256:….'),
    pullSecrets: PullSecretNames.optional(),
  })
  .describe(
    'An artefact in a registry (cluster only): its only layer, or its only layer with zip in the media type, is the archive. It is read again when the spec changes only.',
  );

interface ZipMembers {
  readonly path?: unknown;
  readonly url?: unknown;
  readonly s3?: unknown;
  readonly configMap?: unknown;
  readonly store?: unknown;
  readonly oci?: unknown;
}

const SOURCES = ['path', 'url', 's3', 'configMap', 'store', 'oci'] as const;

/** What the members of `code.zip` must obey together. */
export const ZIP_RULES: readonly ValueRule<ZipMembers>[] = [
  {
    rule: `[${SOURCES.map((name) => `has(self.${name})`).join(', ')}].filter(x, x).size() == 1`,
    message: 'must have exactly one of path, url, s3, configMap, store and oci',
    holds: (self) => SOURCES.filter((name) => self[name] !== undefined).length === 1,
  },
];

/** A function's archive, and where it is. */
export const ZipCode = withRules(
  z.strictObject({
    path: z
      .string()
      .min(1)
      .max(4096)
      .optional()
      .describe(
        'File or folder on the machine that runs `mayfly start` (embedded mode only), relative to the folder of the manifest. ' +
          'A folder is zipped; the same files always give the same codeSha256.',
      ),
    url: z
      .string()
      .min(1)
      .max(2048)
      .regex(/^https?:\/\/[^\s]+$/, { error: 'must begin with http:// or https://' })
      .optional()
      .describe(
        'Address of the archive (cluster only); at most three redirects, never to a link-local or loopback address. It is fetched again when the spec changes only.',
      ),
    s3: S3Object.optional(),
    configMap: ConfigMapKey.optional(),
    store: z
      .string()
      .regex(DIGEST, { error: DIGEST_RULE })
      .optional()
      .describe(
        'Base64 SHA-256 of an archive that is in the code store, where uploads through the Lambda API put theirs.',
      ),
    oci: OciArtefact.optional(),
    sha256: z
      .string()
      .regex(DIGEST, { error: DIGEST_RULE })
      .optional()
      .describe(
        'Base64 SHA-256 that the archive must have; checked before it is unpacked. Default: not checked.',
      ),
  }),
  ZIP_RULES,
).describe(
  'A .zip archive with the code at its root: exactly one place, and the digest if it matters.',
);
