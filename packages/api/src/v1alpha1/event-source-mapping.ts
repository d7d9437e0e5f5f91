import { z } from 'zod';
import { FunctionTags } from './function-tags.ts';
import type { Resource } from './meta.ts';
import { QualifiedFunctionName } from './names.ts';
import { UnservedStatus } from './unserved-status.ts';

const Uri = z.string().min(1).max(200);

const FilterCriteria = z
  .strictObject({
    filters: z
      .array(
        z.strictObject({
          pattern: z
            .string()
            .min(1)
            .max(4096)
            .describe('Event pattern, as the JSON text that Lambda takes.'),
        }),
      )
      .max(10)
      .describe('A record that fits one of them is handed over.'),
  })
  .describe('Which records are handed to the function. Default: all of them.');

const DestinationConfig = z
  .strictObject({
    onFailure: z
      .strictObject({
        destination: z
          .string()
          .min(1)
          .max(350)
          .regex(/^(arn:|kafka:\/\/)[^\s]+$/, { error: 'must be an ARN or kafka://<topic>' })
          .describe('ARN of a queue, a topic or a bucket, or kafka://<topic>.'),
      })
      .describe('Where what is said of a batch that failed for good goes.'),
  })
  .describe('What becomes of batches that failed for good; not for queues. Default: nothing.');

const SourceAccess = z.strictObject({
  type: z
    .enum([
      'BASIC_AUTH',
      'VPC_SUBNET',
      'VPC_SECURITY_GROUP',
      'SASL_SCRAM_512_AUTH',
      'SASL_SCRAM_256_AUTH',
      'VIRTUAL_HOST',
      'CLIENT_CERTIFICATE_TLS_AUTH',
      'SERVER_ROOT_CA_CERTIFICATE',
      'OAUTHBEARER_AUTH',
      'OAUTHBEARER_SCOPE',
      'OAUTHBEARER_AUDIENCE',
      'OAUTHBEARER_LOGICAL_CLUSTER',
      'OAUTHBEARER_IDENTITY_POOL',
      'IAM_AUTH',
      'IAM_OAUTHBEARER_AUTH',
    ])
    .describe('What the value is for.'),
  uri: Uri.describe('The value: a name, or an ARN of where it is.'),
});

const SelfManagedEventSource = z
  .strictObject({
    kafkaBootstrapServers: z
      .array(z.string().min(1).max(300))
      .min(1)
      .max(10)
      .describe('Addresses of brokers: host:port.'),
  })
  .describe('A Kafka cluster without an ARN; cannot be changed.');

const DocumentDb = z
  .strictObject({
    databaseName: z.string().min(1).max(63).describe('Database whose changes are read.'),
    collectionName: z
      .string()
      .min(1)
      .max(57)
      .optional()
      .describe('Collection whose changes are read. Default: all of the database.'),
    fullDocument: z
      .enum(['UpdateLookup', 'Default'])
      .default('Default')
      .describe('UpdateLookup: a change brings the whole document along. Default: Default.'),
  })
  .describe('What is read of a DocumentDB cluster; for such a source only.');

/** Settings of how records are gathered and handed over; which of them a source takes is in `event-source-rules.ts`. */
const BATCHING = {
  batchSize: z
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe('Most records of one batch. Default: 10 for SQS, 100 for all others.'),
  maximumBatchingWindowInSeconds: z
    .int()
    .min(0)
    .max(300)
    .optional()
    .describe(
      'Seconds that records are gathered for before they are handed over. Default: 0; 500 ms for Kafka, MQ and DocumentDB.',
    ),
  parallelizationFactor: z
    .int()
    .min(1)
    .max(10)
    .optional()
    .describe('Batches of one shard that run at once; for streams only. Default: 1.'),
  tumblingWindowInSeconds: z
    .int()
    .min(0)
    .max(900)
    .optional()
    .describe('Seconds of a window that state is kept for; for streams only. Default: 0, none.'),
  functionResponseTypes: z
    .array(z.enum(['ReportBatchItemFailures']))
    .max(1)
    .optional()
    .describe('ReportBatchItemFailures: the function says which records failed. Default: none.'),
  scalingConfig: z
    .strictObject({
      maximumConcurrency: z
        .int()
        .min(2)
        .max(1000)
        .optional()
        .describe('Most batches that run at once. Default: no bound of its own.'),
    })
    .optional()
    .describe('How many batches run at once; for SQS only.'),
  filterCriteria: FilterCriteria.optional(),
} as const;

const READING = {
  startingPosition: z
    .enum(['TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP'])
    .optional()
    .describe(
      'Where reading begins; cannot be changed. Required for Kinesis and DynamoDB. Default: TRIM_HORIZON for Kafka and DocumentDB.',
    ),
  startingPositionTimestamp: z
    .string()
    .max(64)
    .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/, {
      error: 'must be a time such as 2026-01-31T12:00:00Z',
    })
    .optional()
    .describe(
      'Time that reading begins at, with startingPosition AT_TIMESTAMP; cannot be changed.',
    ),
  maximumRecordAgeInSeconds: z
    .int()
    .min(-1)
    .max(604_800)
    .optional()
    .describe(
      'Seconds after which a record is no longer tried, at least 60, or -1 for no bound; for streams only. Default: -1.',
    ),
  maximumRetryAttempts: z
    .int()
    .min(-1)
    .max(10_000)
    .optional()
    .describe(
      'How often a batch that failed is tried again, -1 until its records expire; for streams only. Default: -1.',
    ),
  bisectBatchOnFunctionError: z
    .boolean()
    .optional()
    .describe(
      'A batch that failed is tried again in two halves; for streams only. Default: false.',
    ),
  destinationConfig: DestinationConfig.optional(),
} as const;

/** Which source feeds which function, and how. */
export const EventSourceMappingSpec = z
  .strictObject({
    functionName: QualifiedFunctionName.describe(
      'Function to invoke, optionally with :version or :alias.',
    ),
    eventSourceArn: z
      .string()
      .min(1)
      .max(1024)
      .regex(/^arn:[^\s]+$/, { error: 'must be an ARN' })
      .optional()
      .describe(
        'ARN of the source; cannot be changed. Required but for a Kafka cluster that selfManagedEventSource names.',
      ),
    selfManagedEventSource: SelfManagedEventSource.optional(),
    tags: FunctionTags.optional().describe(
      'Tags of the Lambda API: at most 50 keys with a value each. Default: none.',
    ),
    enabled: z.boolean().default(true).describe('Whether the source is polled. Default: true.'),
    ...BATCHING,
    ...READING,
    topics: z
      .array(z.string().min(1).max(249))
      .min(1)
      .max(1)
      .optional()
      .describe('Topic of Kafka; cannot be changed. For Kafka only.'),
    queues: z
      .array(z.string().min(1).max(1000))
      .min(1)
      .max(1)
      .optional()
      .describe('Queue of the broker; cannot be changed. For MQ only.'),
    consumerGroupId: Uri.optional().describe(
      'Consumer group of Kafka; cannot be changed. For Kafka only. Default: the UUID of the mapping.',
    ),
    sourceAccessConfigurations: z
      .array(SourceAccess)
      .max(23)
      .optional()
      .describe('How the source is reached; for Kafka, MQ and DocumentDB. Default: none.'),
    documentDBEventSourceConfig: DocumentDb.optional(),
  })
  .describe('What a user asks for.');
/** A parsed, defaulted spec. */
export type EventSourceMappingSpec = z.infer<typeof EventSourceMappingSpec>;

/** What the operator saw. */
export const EventSourceMappingStatus = UnservedStatus;
/** What the operator saw. */
export type EventSourceMappingStatus = UnservedStatus;

/** A source of events whose records are handed to a function in batches. */
export type EventSourceMappingResource = Resource<
  'EventSourceMapping',
  EventSourceMappingSpec,
  EventSourceMappingStatus
>;
