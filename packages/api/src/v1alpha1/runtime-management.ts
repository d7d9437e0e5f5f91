import { z } from 'zod';
import { withRules } from './rules.ts';

interface RuntimeManagementFields {
  readonly updateRuntimeOn: string;
  readonly runtimeVersionArn?: string | undefined;
}

/** When a function gets another release of its runtime, in Lambda's words. */
export const RuntimeManagement = withRules(
  z.strictObject({
    updateRuntimeOn: z
      .enum(['Auto', 'FunctionUpdate', 'Manual'])
      .default('Auto')
      .describe(
        'Auto: when there is one; FunctionUpdate: with the next change of the function; Manual: never. Default: Auto.',
      ),
    runtimeVersionArn: z
      .string()
      .min(26)
      .max(2048)
      .regex(/^arn:[^\s]+$/, { error: 'must be an ARN' })
      .optional()
      .describe('The release to keep, with Manual only. Default: none.'),
  }),
  [
    {
      rule: "has(self.runtimeVersionArn) == (has(self.updateRuntimeOn) && self.updateRuntimeOn == 'Manual')",
      message: 'must have runtimeVersionArn with updateRuntimeOn Manual, and only then',
      holds: ({ updateRuntimeOn, runtimeVersionArn }: RuntimeManagementFields) =>
        (runtimeVersionArn !== undefined) === (updateRuntimeOn === 'Manual'),
    },
  ],
).describe(
  'When the function gets another release of its runtime. It is kept and answered by the Lambda API; which release runs is decided by the image that the installation has for the runtime. Changing it makes no new revision. Default: Auto.',
);
