import { z } from 'zod';
import { Condition } from './conditions.ts';

/** Status of a kind that nothing serves yet: only the conditions that say so. */
export const UnservedStatus = z.object({
  observedGeneration: z.int().optional().describe('`metadata.generation` last reconciled.'),
  conditions: z.array(Condition).default([]).describe('Observations; Ready first.'),
});
/** Status of a kind that nothing serves yet. */
export type UnservedStatus = z.infer<typeof UnservedStatus>;
