import type { ObjectRule, RuledObject } from './rules.ts';

/** What a source of events is, as the service in its ARN says it; `rds` is DocumentDB. */
export type EventSourceService = 'sqs' | 'kinesis' | 'dynamodb' | 'kafka' | 'mq' | 'rds';

const STREAMS = ['kinesis', 'dynamodb'] as const;

/** Fields of a mapping that not every source takes, and the sources that do. */
export const SOURCES_OF_FIELDS = {
  parallelizationFactor: STREAMS,
  tumblingWindowInSeconds: STREAMS,
  maximumRecordAgeInSeconds: STREAMS,
  maximumRetryAttempts: STREAMS,
  bisectBatchOnFunctionError: STREAMS,
  startingPosition: [...STREAMS, 'kafka', 'rds'],
  startingPositionTimestamp: ['kinesis', 'kafka', 'rds'],
  functionResponseTypes: ['sqs', ...STREAMS],
  scalingConfig: ['sqs'],
  destinationConfig: [...STREAMS, 'kafka'],
  topics: ['kafka'],
  queues: ['mq'],
  consumerGroupId: ['kafka'],
  sourceAccessConfigurations: ['kafka', 'mq', 'rds'],
  documentDBEventSourceConfig: ['rds'],
} as const satisfies Readonly<Record<string, readonly EventSourceService[]>>;

const SERVICES: readonly string[] = ['sqs', ...STREAMS, 'kafka', 'mq', 'rds'];

/** The service of a source; undefined for one that Lambda knows nothing of. A source without an ARN is Kafka. */
export function eventSourceServiceOf({
  eventSourceArn = 'arn:aws:kafka',
}: {
  readonly eventSourceArn?: string | undefined;
}): EventSourceService | undefined {
  const service = eventSourceArn.split(':')[2] ?? '';
  // Checked by the line itself.
  return SERVICES.includes(service) ? (service as EventSourceService) : undefined;
}

function serviceOf({ spec }: RuledObject): string {
  const arn = spec['eventSourceArn'];
  return eventSourceServiceOf({ eventSourceArn: typeof arn === 'string' ? arn : undefined }) ?? '';
}

/** CEL: whether the source is of one of these services. */
function isOf(services: readonly string[]): string {
  const matches = `self.spec.eventSourceArn.matches('^arn:[^:]*:(${services.join('|')}):')`;
  return services.includes('kafka')
    ? `(!has(self.spec.eventSourceArn) || ${matches})`
    : `(has(self.spec.eventSourceArn) && ${matches})`;
}

const ONLY_FOR: readonly ObjectRule[] = Object.entries(SOURCES_OF_FIELDS).map(
  ([field, services]: [string, readonly string[]]) => ({
    rule: `!has(self.spec.${field}) || ${isOf(services)}`,
    message: `is for sources of ${services.join(', ')} only`,
    path: `spec.${field}`,
    holds: (self: RuledObject) =>
      self.spec[field] === undefined || services.includes(serviceOf(self)),
  }),
);

/** Of fields that need not be there: neither added, nor changed, nor removed. */
function immutableIfAny(field: string): ObjectRule {
  return {
    rule: `has(self.spec.${field}) == has(oldSelf.spec.${field}) && (!has(self.spec.${field}) || self.spec.${field} == oldSelf.spec.${field})`,
    message: 'cannot be changed: delete the object and create another',
    path: `spec.${field}`,
    holds: (self, previous) =>
      previous === undefined ||
      // The same value of JSON, and its members are never written in another order than the schema's.
      JSON.stringify(self.spec[field]) === JSON.stringify(previous.spec[field]),
  };
}

const IS_WIDE = '(has(self.spec.batchSize) && self.spec.batchSize > 10)';
const HAS_WINDOW =
  '(has(self.spec.maximumBatchingWindowInSeconds) && self.spec.maximumBatchingWindowInSeconds > 0)';

function isMoreThan(value: unknown, bound: number): boolean {
  return typeof value === 'number' && value > bound;
}

/** Rules of an EventSourceMapping as a whole. */
export const EVENT_SOURCE_RULES: readonly ObjectRule[] = [
  {
    rule: 'has(self.spec.eventSourceArn) != has(self.spec.selfManagedEventSource)',
    message: 'or spec.selfManagedEventSource is required, and not both',
    path: 'spec.eventSourceArn',
    holds: ({ spec }) =>
      (spec['eventSourceArn'] === undefined) !== (spec['selfManagedEventSource'] === undefined),
  },
  ...ONLY_FOR,
  {
    rule: `!${isOf(STREAMS)} || has(self.spec.startingPosition)`,
    message: 'is required for sources of kinesis and dynamodb',
    path: 'spec.startingPosition',
    holds: (self) =>
      !STREAMS.some((stream) => stream === serviceOf(self)) ||
      self.spec['startingPosition'] !== undefined,
  },
  {
    rule: "(has(self.spec.startingPosition) && self.spec.startingPosition == 'AT_TIMESTAMP') == has(self.spec.startingPositionTimestamp)",
    message: 'and startingPosition AT_TIMESTAMP go together, and not for dynamodb',
    path: 'spec.startingPositionTimestamp',
    holds: ({ spec }) =>
      (spec['startingPosition'] === 'AT_TIMESTAMP') ===
      (spec['startingPositionTimestamp'] !== undefined),
  },
  {
    rule: '!has(self.spec.maximumRecordAgeInSeconds) || self.spec.maximumRecordAgeInSeconds == -1 || self.spec.maximumRecordAgeInSeconds >= 60',
    message: 'must be at least 60, or -1 for no bound',
    path: 'spec.maximumRecordAgeInSeconds',
    holds: ({ spec: { maximumRecordAgeInSeconds: age = -1 } }) => age === -1 || isMoreThan(age, 59),
  },
  {
    rule: `!${isOf(['sqs'])} || !${IS_WIDE} || ${HAS_WINDOW}`,
    message: 'must be more than 0 for batches of more than 10 messages',
    path: 'spec.maximumBatchingWindowInSeconds',
    holds: (self) =>
      serviceOf(self) !== 'sqs' ||
      !isMoreThan(self.spec['batchSize'], 10) ||
      isMoreThan(self.spec['maximumBatchingWindowInSeconds'], 0),
  },
  ...[
    'eventSourceArn',
    'selfManagedEventSource',
    'startingPosition',
    'startingPositionTimestamp',
    'topics',
    'queues',
    'consumerGroupId',
  ].map(immutableIfAny),
];
