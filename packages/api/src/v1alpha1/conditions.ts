import { z } from 'zod';

/** One observation about an object, as `kubectl describe` shows it. */
export const Condition = z.object({
  type: z.string().describe('What is observed, for example Ready.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('Whether it holds.'),
  reason: z.string().describe('PascalCase constant that programs may compare.'),
  message: z.string().describe('Sentence for people: what happened and what to do.'),
  lastTransitionTime: z.string().describe('When `status` last changed (RFC 3339).'),
  observedGeneration: z
    .int()
    .optional()
    .describe('`metadata.generation` that the observation is about.'),
});
/** One observation about an object. */
export type Condition = z.infer<typeof Condition>;
