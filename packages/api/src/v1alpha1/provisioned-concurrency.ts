import { z } from 'zod';
import { withRules } from './rules.ts';

/** Most that one schedule or setting can ask for. */
const MOST = 100_000;

const ProvisionedSchedule = z
  .strictObject({
    schedule: z
      .string()
      .min(9)
      .max(100)
      .describe('When it begins to hold, as a cron expression of five fields: `0 8 * * 1-5`.'),
    timeZone: z
      .string()
      .min(1)
      .max(64)
      .default('UTC')
      .describe(
        'IANA time zone that the schedule is read in, for example Europe/Vienna. Default: UTC.',
      ),
    provisionedConcurrentExecutions: z
      .int()
      .min(0)
      .max(MOST)
      .describe('Execution environments to keep from then on, until another schedule begins.'),
  })
  .describe('A change that comes at a time of the day or week.');

const TargetTracking = withRules(
  z.strictObject({
    utilization: z
      .number()
      .min(0.1)
      .max(0.9)
      .default(0.7)
      .describe('Share of the provisioned ones that is to be busy. Default: 0.7.'),
    minimum: z.int().min(1).max(MOST).describe('Least that is kept.'),
    maximum: z.int().min(1).max(MOST).describe('Most that is kept.'),
  }),
  [
    {
      rule: 'self.minimum <= self.maximum',
      message: 'minimum must not be greater than maximum',
      holds: ({ minimum, maximum }) => minimum <= maximum,
    },
  ],
).describe(
  'Follows the load, between two bounds: more after 3 minutes above the utilization, fewer after 15 minutes below 90 % of it. It begins at provisionedConcurrentExecutions, and again at what a schedule says when that begins.',
);

/** Execution environments that are initialised ahead of invocations. */
export const ProvisionedConcurrency = z
  .strictObject({
    provisionedConcurrentExecutions: z
      .int()
      .min(0)
      .max(MOST)
      .describe(
        'Execution environments that are kept initialised. Schedules and target tracking change what holds.',
      ),
    schedules: z
      .array(ProvisionedSchedule)
      .max(32)
      .optional()
      .describe('Changes by time: the schedule that began last holds. Default: none.'),
    targetTracking: TargetTracking.optional(),
  })
  .describe('Execution environments that are initialised ahead of invocations.');
/** Execution environments that are initialised ahead of invocations. */
export type ProvisionedConcurrency = z.infer<typeof ProvisionedConcurrency>;

/** How far it is with them. Names and values are Lambda's. */
export const ProvisionedConcurrencyStatus = z
  .object({
    status: z.enum(['IN_PROGRESS', 'READY', 'FAILED']).describe('Whether all are there.'),
    statusReason: z.string().optional().describe('Why they cannot be had.'),
    requestedProvisionedConcurrentExecutions: z.int().describe('How many there are to be now.'),
    allocatedProvisionedConcurrentExecutions: z.int().describe('How many are initialised.'),
    availableProvisionedConcurrentExecutions: z.int().describe('How many of these run nothing.'),
    lastModified: z.string().optional().describe('When what is requested last changed.'),
  })
  .describe('Execution environments that are initialised ahead.');
/** How far it is with them. */
export type ProvisionedConcurrencyStatus = z.infer<typeof ProvisionedConcurrencyStatus>;
