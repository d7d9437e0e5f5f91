import { z } from 'zod';

/** Name of a function in the Lambda API: `[a-zA-Z0-9_-]{1,64}`. */
export const FunctionName = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-zA-Z0-9_-]+$/, { error: 'may hold letters, digits, - and _ only' });

/** A function and, after a colon, optionally its version or alias. */
export const QualifiedFunctionName = z
  .string()
  .min(1)
  .max(193)
  .regex(/^[a-zA-Z0-9_-]{1,64}(:(\$LATEST|[a-zA-Z0-9_-]{1,128}))?$/, {
    error: 'must be a function name, or name:version, or name:alias',
  });
