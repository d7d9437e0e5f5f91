import { z } from 'zod';
import { PullSecretNames } from './pull-secret-names.ts';

/** Lambda's bound on each of the two lists. */
const MAX_WORDS = 1500;

const Words = z.array(z.string().min(1).max(4096)).min(1).max(MAX_WORDS);

/** A function's container image. */
export const ImageCode = z
  .strictObject({
    uri: z
      .string()
      .min(1)
      .max(2048)
      .regex(/^[^\s]+$/, { error: 'must not hold white space' })
      .describe(
        'Reference of the image: registry/repository:tag or registry/repository@sha256:…. What a tag means is looked up when the spec changes only.',
      ),
    entryPoint: Words.optional().describe(
      "Program and first arguments, instead of the image's ENTRYPOINT.",
    ),
    command: Words.optional().describe(
      "Arguments, instead of the image's CMD. With AWS's base images: the handler.",
    ),
    workingDirectory: z
      .string()
      .min(1)
      .max(1000)
      .regex(/^\//, { error: 'must begin with /' })
      .optional()
      .describe("Working directory, instead of the image's WORKDIR."),
    pullSecrets: PullSecretNames.optional(),
  })
  .describe('A container image (cluster only).');

/** What an image function runs, once its reference has been looked up. */
export const ResolvedImage = z.object({
  uri: z.string().describe('Reference with the digest.'),
  entryPoint: z.array(z.string()).describe('Program and first arguments.'),
  command: z.array(z.string()).describe('Arguments.'),
  workingDirectory: z.string().describe('Working directory.'),
  pullSecrets: z.array(z.string()).describe('Secrets that it is pulled with.'),
});
/** What an image function runs, once its reference has been looked up. */
export type ResolvedImage = z.infer<typeof ResolvedImage>;
