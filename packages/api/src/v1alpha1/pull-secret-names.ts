import { z } from 'zod';

/** Secrets with passwords of registries. */
export const PullSecretNames = z
  .array(z.string().min(1).max(253))
  .max(16)
  .describe(
    'Names of Secrets of type kubernetes.io/dockerconfigjson in the namespace of the Function.',
  );
