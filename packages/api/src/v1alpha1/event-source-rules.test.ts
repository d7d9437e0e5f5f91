import { describe, it } from 'vitest';
import { formatProblems } from '../validation/problem.ts';
import { validateObject } from '../validation/validate-spec.ts';
import { EVENT_SOURCE_RULES, eventSourceServiceOf } from './event-source-rules.ts';

const arnOf = (service: string): string => `arn:aws:${service}:us-east-1:000000000000:orders`;
const QUEUE = { eventSourceArn: arnOf('sqs') };
const STREAM = { eventSourceArn: arnOf('kinesis'), startingPosition: 'LATEST' };
const KAFKA = { selfManagedEventSource: { kafkaBootstrapServers: ['broker:9092'] } };

function problemsOf(fields: object, before?: object): string {
  const toObject = (spec: object) => ({
    metadata: { name: 'orders' },
    spec: { functionName: 'hello', ...spec },
  });
  const previous = before === undefined ? undefined : toObject(before);
  return formatProblems(validateObject('EventSourceMapping', toObject(fields), previous));
}

describe('a mapping', () => {
  it.for([
    [{ ...QUEUE, batchSize: 11, maximumBatchingWindowInSeconds: 1 }],
    [{ ...QUEUE, scalingConfig: { maximumConcurrency: 2 } }],
    [{ ...STREAM, parallelizationFactor: 10, maximumRecordAgeInSeconds: 60 }],
    [
      {
        ...STREAM,
        startingPosition: 'AT_TIMESTAMP',
        startingPositionTimestamp: '2026-01-31T12:00:00Z',
      },
    ],
    [{ ...KAFKA, topics: ['orders'], consumerGroupId: 'group' }],
    [{ eventSourceArn: arnOf('mq'), queues: ['orders'] }],
    [{ eventSourceArn: arnOf('rds'), documentDBEventSourceConfig: { databaseName: 'orders' } }],
  ] as const)('is taken: %j', ([fields], { expect }) => {
    expect(problemsOf(fields)).toBe('');
  });

  it.for([
    [{}, 'spec.eventSourceArn: or spec.selfManagedEventSource is required, and not both'],
    [
      { ...QUEUE, ...KAFKA },
      'spec.eventSourceArn: or spec.selfManagedEventSource is required, and not both',
    ],
    [
      { ...QUEUE, parallelizationFactor: 2 },
      'spec.parallelizationFactor: is for sources of kinesis, dynamodb only',
    ],
    [{ ...STREAM, topics: ['orders'] }, 'spec.topics: is for sources of kafka only'],
    [
      { eventSourceArn: arnOf('dynamodb') },
      'spec.startingPosition: is required for sources of kinesis and dynamodb',
    ],
    [
      { ...STREAM, startingPosition: 'AT_TIMESTAMP' },
      'spec.startingPositionTimestamp: and startingPosition AT_TIMESTAMP go together, and not for dynamodb',
    ],
    [
      { ...STREAM, maximumRecordAgeInSeconds: 59 },
      'spec.maximumRecordAgeInSeconds: must be at least 60, or -1 for no bound',
    ],
    [
      { ...QUEUE, batchSize: 11 },
      'spec.maximumBatchingWindowInSeconds: must be more than 0 for batches of more than 10 messages',
    ],
  ] as const)('is refused: %j', ([fields, problem], { expect }) => {
    expect(problemsOf(fields)).toBe(problem);
  });

  it.for([
    [{ eventSourceArn: arnOf('kinesis') }, 'spec.eventSourceArn'],
    [{ startingPosition: 'TRIM_HORIZON' }, 'spec.startingPosition'],
  ] as const)('keeps its source: %j', ([change, path], { expect }) => {
    const before = { ...STREAM, eventSourceArn: arnOf('dynamodb') };
    expect(problemsOf(before, before)).toBe('');
    expect(problemsOf({ ...before, ...change }, before)).toBe(
      `${path}: cannot be changed: delete the object and create another`,
    );
  });

  it('names oldSelf in CEL exactly where the function needs the previous object', ({ expect }) => {
    const toObject = (spec: Record<string, string>) => ({ metadata: { name: 'orders' }, spec });
    for (const { rule, path, holds } of EVENT_SOURCE_RULES) {
      const field = path.replace('spec.', '');
      const [before, after] = [toObject({ [field]: 'old' }), toObject({ [field]: 'new' })];
      const needsPrevious = holds(after, undefined) !== holds(after, before);
      expect([path, needsPrevious]).toEqual([path, rule.includes('oldSelf')]);
    }
  });

  it('has a kind of source by its ARN', ({ expect }) => {
    expect(eventSourceServiceOf(QUEUE)).toBe('sqs');
    expect(eventSourceServiceOf({})).toBe('kafka');
    expect(eventSourceServiceOf({ eventSourceArn: arnOf('s3') })).toBeUndefined();
  });
});
