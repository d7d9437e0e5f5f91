import {
  eventSourceServiceOf,
  LAST_MODIFIED_ANNOTATION,
  unservedKindReason,
  type EventSourceMappingResource,
  type EventSourceMappingSpec,
  type EventSourceService,
} from '@mayfly/api';
import { makeFunctionArn, parseFunctionReference } from '@mayfly/lambda-api';
import type { EventSourceMappingConfiguration } from '@mayfly/lambda-api/contract';
import type { ApiSite } from '../operation.ts';

const OF_STREAMS: EventSourceMappingConfiguration = {
  BatchSize: 100,
  MaximumBatchingWindowInSeconds: 0,
  ParallelizationFactor: 1,
  MaximumRecordAgeInSeconds: -1,
  MaximumRetryAttempts: -1,
  BisectBatchOnFunctionError: false,
  TumblingWindowInSeconds: 0,
  FunctionResponseTypes: [],
  DestinationConfig: { OnFailure: {} },
  LastProcessingResult: 'No records processed',
};

/** What Lambda answers for what nobody has set. */
const DEFAULTS: Readonly<Record<EventSourceService, EventSourceMappingConfiguration>> = {
  sqs: { BatchSize: 10, MaximumBatchingWindowInSeconds: 0, FunctionResponseTypes: [] },
  kinesis: OF_STREAMS,
  dynamodb: OF_STREAMS,
  kafka: {
    BatchSize: 100,
    StartingPosition: 'TRIM_HORIZON',
    DestinationConfig: { OnFailure: {} },
    LastProcessingResult: 'No records processed',
  },
  mq: { BatchSize: 100, LastProcessingResult: 'No records processed' },
  rds: {
    BatchSize: 100,
    StartingPosition: 'TRIM_HORIZON',
    LastProcessingResult: 'No records processed',
  },
};

/** States that a mapping is in for no longer than its answer: nothing here has to be made ready or taken down. */
type PassingState = 'Creating' | 'Updating' | 'Deleting';

/** The mapping as the API says it. */
export function toMappingConfiguration(
  mapping: EventSourceMappingResource,
  { region, accountId }: ApiSite,
  state?: PassingState,
): EventSourceMappingConfiguration {
  const { metadata, spec } = mapping;
  const { uid } = metadata;
  const { functionName, qualifier } = parseFunctionReference(spec.functionName);
  const service = eventSourceServiceOf(spec);
  const modified = metadata.annotations?.[LAST_MODIFIED_ANNOTATION];
  return {
    ...(service === undefined ? {} : DEFAULTS[service]),
    ...withoutUndefined({ ...toSettings(spec), ...toSource(spec, uid) }),
    UUID: uid,
    EventSourceMappingArn: `arn:aws:lambda:${region}:${accountId}:event-source-mapping:${uid}`,
    FunctionArn: makeFunctionArn({ region, accountId, functionName }, qualifier),
    LastModified: new Date(modified ?? metadata.creationTimestamp),
    State: state ?? (spec.enabled ? 'Enabled' : 'Disabled'),
    StateTransitionReason: toReason(mapping),
  };
}

/** Enabled is what was asked for; that nothing comes of it as yet is said beside it. */
function toReason({ status }: EventSourceMappingResource): string {
  const ready = status?.conditions.find(({ type }) => type === 'Ready');
  return ready?.status === 'False' ? ready.message : unservedKindReason('EventSourceMapping');
}

function toSettings(spec: EventSourceMappingSpec): EventSourceMappingConfiguration {
  const { filterCriteria, destinationConfig, scalingConfig, startingPositionTimestamp } = spec;
  return {
    BatchSize: spec.batchSize,
    MaximumBatchingWindowInSeconds: spec.maximumBatchingWindowInSeconds,
    ParallelizationFactor: spec.parallelizationFactor,
    TumblingWindowInSeconds: spec.tumblingWindowInSeconds,
    FunctionResponseTypes: spec.functionResponseTypes,
    StartingPosition: spec.startingPosition,
    StartingPositionTimestamp:
      startingPositionTimestamp === undefined ? undefined : new Date(startingPositionTimestamp),
    MaximumRecordAgeInSeconds: spec.maximumRecordAgeInSeconds,
    MaximumRetryAttempts: spec.maximumRetryAttempts,
    BisectBatchOnFunctionError: spec.bisectBatchOnFunctionError,
    FilterCriteria: filterCriteria && {
      Filters: filterCriteria.filters.map(({ pattern }) => ({ Pattern: pattern })),
    },
    DestinationConfig: destinationConfig && {
      OnFailure: { Destination: destinationConfig.onFailure.destination },
    },
    ScalingConfig: scalingConfig && { MaximumConcurrency: scalingConfig.maximumConcurrency },
  };
}

function toSource(spec: EventSourceMappingSpec, uid: string): EventSourceMappingConfiguration {
  const { eventSourceArn, selfManagedEventSource, documentDBEventSourceConfig: documentDb } = spec;
  const group = { ConsumerGroupId: spec.consumerGroupId ?? uid };
  const isKafka = eventSourceServiceOf(spec) === 'kafka';
  return {
    EventSourceArn: eventSourceArn,
    Topics: spec.topics,
    Queues: spec.queues,
    SourceAccessConfigurations: spec.sourceAccessConfigurations?.map(({ type, uri }) => ({
      Type: type,
      URI: uri,
    })),
    SelfManagedEventSource: selfManagedEventSource && {
      Endpoints: { KAFKA_BOOTSTRAP_SERVERS: selfManagedEventSource.kafkaBootstrapServers },
    },
    DocumentDBEventSourceConfig: documentDb && {
      DatabaseName: documentDb.databaseName,
      CollectionName: documentDb.collectionName,
      FullDocument: documentDb.fullDocument,
    },
    ...(!isKafka
      ? {}
      : eventSourceArn === undefined
        ? { SelfManagedKafkaEventSourceConfig: group }
        : { AmazonManagedKafkaEventSourceConfig: group }),
  };
}

/** So that what is not set does not hide a default. */
function withoutUndefined<T extends object>(value: T): T {
  // Every member that is left out is optional.
  return Object.fromEntries(
    Object.entries(value).filter(([, member]) => member !== undefined),
  ) as T;
}
