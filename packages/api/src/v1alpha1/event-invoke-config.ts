import { z } from 'zod';

/** Where records of asynchronous invocations may be sent. */
const Destination = z
  .string()
  .min(1)
  .max(350)
  .regex(/^arn:aws[a-zA-Z0-9-]*:(lambda|sqs|sns|events|s3):[^\s]+$/, {
    error: 'must be the ARN of a function, queue, topic, event bus or bucket',
  });

const OnSuccess = z
  .strictObject({
    destination: Destination.describe(
      'ARN of what gets the record: a function, an SQS queue, an SNS topic or an event bus.',
    ),
  })
  .describe('Where the record of an invocation that ended well goes. Default: nowhere.');

const OnFailure = z
  .strictObject({
    destination: Destination.describe(
      'ARN of what gets the record: a function, an SQS queue, an SNS topic, an event bus or an S3 bucket.',
    ),
  })
  .describe('Where the record of an invocation that failed for good goes. Default: nowhere.');

/** What becomes of asynchronous invocations of a function, version or alias. */
export const EventInvokeConfig = z
  .strictObject({
    maximumRetryAttempts: z
      .int()
      .min(0)
      .max(2)
      .optional()
      .describe('How often an invocation that failed is tried again. Default: 2.'),
    maximumEventAgeInSeconds: z
      .int()
      .min(60)
      .max(21_600)
      .optional()
      .describe('Seconds after which an event is no longer tried. Default: 21600.'),
    onSuccess: OnSuccess.optional(),
    onFailure: OnFailure.optional(),
  })
  .describe(
    'What becomes of asynchronous invocations. It is kept and takes effect when they are served; until then they are refused. Changing it makes no new revision. Default: none.',
  );
/** What becomes of asynchronous invocations of a function, version or alias. */
export type EventInvokeConfig = z.infer<typeof EventInvokeConfig>;
