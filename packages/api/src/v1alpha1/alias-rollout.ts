import { z } from 'zod';

const Rollback = z
  .strictObject({
    maximumErrorPercentage: z
      .number()
      .min(0)
      .max(100)
      .optional()
      .describe(
        'Most invocations of the new version that may fail, in percent. Default: not judged.',
      ),
    maximumDurationMilliseconds: z
      .int()
      .min(1)
      .max(900_000)
      .optional()
      .describe(
        'What 95 of 100 invocations of the new version must not take longer than. Default: not judged.',
      ),
    minimumInvocations: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(10)
      .describe('With fewer invocations of the new version nothing is judged. Default: 10.'),
  })
  .describe('When to go back to the version before.');

/** How an alias goes from one version to the next. */
export const AliasRollout = z
  .strictObject({
    type: z
      .enum(['Canary', 'Linear'])
      .describe('Canary: one step, then all. Linear: equal steps until the new version has all.'),
    stepPercentage: z
      .number()
      .min(0.1)
      .max(100)
      .describe('Share of the invocations that a step gives to the new version, in percent.'),
    intervalSeconds: z
      .int()
      .min(1)
      .max(172_800)
      .describe('Seconds between two steps; of a canary, until the new version has all.'),
    rollback: Rollback.optional(),
  })
  .describe(
    'Shifts invocations to a new functionVersion over time, and back if it fails. Not from or to $LATEST. Default: all at once.',
  );
/** How an alias goes from one version to the next. */
export type AliasRollout = z.infer<typeof AliasRollout>;

/** How far a rollout is. */
export const AliasRolloutStatus = z
  .object({
    phase: z
      .enum(['Progressing', 'Completed', 'RolledBack'])
      .describe('Whether it goes on, has ended well, or was taken back.'),
    fromVersion: z.string().describe('The version before.'),
    toVersion: z.string().describe('The new version.'),
    percentage: z
      .number()
      .describe('Share of the invocations that the new version has, in percent.'),
    step: z.int().describe('Steps that were made.'),
    startedAt: z.string().describe('When it began (RFC 3339).'),
    steppedAt: z.string().describe('When its last step was made, or it ended (RFC 3339).'),
    message: z.string().optional().describe('Why it was taken back.'),
  })
  .describe('The rollout under way, or the last one.');
/** How far a rollout is. */
export type AliasRolloutStatus = z.infer<typeof AliasRolloutStatus>;
