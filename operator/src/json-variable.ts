import { z } from 'zod';

/** An environment variable that holds JSON. */
export function jsonVariable<S extends z.ZodType>(
  schema: S,
  fallback: string,
): z.ZodType<z.infer<S>> {
  return z
    .string()
    .default(fallback)
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'is not JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema);
}
