import type { EventSourceMappingSpec } from '@mayfly/api';
import type {
  CreateEventSourceMappingRequest,
  DestinationConfig,
  FilterCriteria,
  ScalingConfig,
  SourceAccessConfiguration,
  UpdateEventSourceMappingRequest,
} from '@mayfly/lambda-api/contract';
import { invalid } from '../invalid.ts';

/** What both requests may set. */
export type MappingSettings = Omit<UpdateEventSourceMappingRequest, 'UUID' | 'FunctionName'>;

/** Of fields that can be cleared by what is empty, null says that. */
type Cleared<T> = T | null | undefined;
type Spec = EventSourceMappingSpec;

/** The spec with what a request says; what it does not name stays, what it names as empty goes. */
export function applyMappingSettings(before: Spec, input: MappingSettings): Spec {
  const said = {
    enabled: input.Enabled,
    batchSize: input.BatchSize,
    maximumBatchingWindowInSeconds: input.MaximumBatchingWindowInSeconds,
    parallelizationFactor: input.ParallelizationFactor,
    tumblingWindowInSeconds: input.TumblingWindowInSeconds,
    functionResponseTypes: orCleared(input.FunctionResponseTypes),
    maximumRecordAgeInSeconds: input.MaximumRecordAgeInSeconds,
    maximumRetryAttempts: input.MaximumRetryAttempts,
    bisectBatchOnFunctionError: input.BisectBatchOnFunctionError,
    filterCriteria: toFilterCriteria(input.FilterCriteria),
    destinationConfig: toDestinationConfig(input.DestinationConfig),
    scalingConfig: toScalingConfig(input.ScalingConfig),
    sourceAccessConfigurations: toSourceAccess(input.SourceAccessConfigurations),
    documentDBEventSourceConfig: toDocumentDb(input.DocumentDBEventSourceConfig),
  };
  const merged = { ...before, ...withoutUndefined(said) };
  // What is null is left out, and what is left is as the spec has it.
  return Object.fromEntries(
    Object.entries(merged).filter(([, value]) => value !== null),
  ) as unknown as Spec;
}

/** What can be said when a mapping is made, and never again. */
export function toSource(
  input: CreateEventSourceMappingRequest,
): Omit<Spec, 'functionName' | 'enabled'> {
  const servers = input.SelfManagedEventSource?.Endpoints?.['KAFKA_BOOTSTRAP_SERVERS'];
  const kafka =
    input.AmazonManagedKafkaEventSourceConfig ?? input.SelfManagedKafkaEventSourceConfig;
  return withoutUndefined({
    eventSourceArn: input.EventSourceArn,
    selfManagedEventSource: servers && { kafkaBootstrapServers: [...servers] },
    startingPosition: input.StartingPosition,
    startingPositionTimestamp: input.StartingPositionTimestamp?.toISOString(),
    topics: input.Topics && [...input.Topics],
    queues: input.Queues && [...input.Queues],
    consumerGroupId: kafka?.ConsumerGroupId,
    tags: input.Tags && { ...input.Tags },
  });
}

function toFilterCriteria(given: FilterCriteria | undefined): Cleared<Spec['filterCriteria']> {
  if (given === undefined) return undefined;
  const { Filters: filters = [] } = given;
  if (filters.length === 0) return null;
  return { filters: filters.map(({ Pattern }) => ({ pattern: readPattern(Pattern) })) };
}

function readPattern(pattern = ''): string {
  if (isObject(pattern)) return pattern;
  throw invalid('Invalid filter pattern definition.');
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function toDestinationConfig(
  given: DestinationConfig | undefined,
): Cleared<Spec['destinationConfig']> {
  if (given === undefined) return undefined;
  const destination = given.OnFailure?.Destination ?? '';
  return destination === '' ? null : { onFailure: { destination } };
}

function toScalingConfig(given: ScalingConfig | undefined): Cleared<Spec['scalingConfig']> {
  if (given === undefined) return undefined;
  const { MaximumConcurrency: maximumConcurrency } = given;
  return maximumConcurrency === undefined ? null : { maximumConcurrency };
}

function toSourceAccess(
  given: readonly SourceAccessConfiguration[] | undefined,
): Cleared<Spec['sourceAccessConfigurations']> {
  return given?.map(({ Type: type, URI: uri }) => {
    if (type === undefined || uri === undefined) {
      throw invalid('A source access configuration needs a Type and a URI.');
    }
    return { type, uri };
  });
}

function toDocumentDb(
  given: MappingSettings['DocumentDBEventSourceConfig'],
): Cleared<Spec['documentDBEventSourceConfig']> {
  if (given === undefined) return undefined;
  const { DatabaseName, CollectionName, FullDocument: fullDocument = 'Default' } = given;
  if (DatabaseName === undefined) {
    throw invalid('A DatabaseName is needed in DocumentDBEventSourceConfig.');
  }
  const collection = CollectionName === undefined ? {} : { collectionName: CollectionName };
  return { databaseName: DatabaseName, ...collection, fullDocument };
}

function orCleared<T>(given: readonly T[] | undefined): Cleared<T[]> {
  if (given === undefined) return undefined;
  return given.length === 0 ? null : [...given];
}

function withoutUndefined<T extends object>(value: T): T {
  // Every member that is left out is optional.
  return Object.fromEntries(
    Object.entries(value).filter(([, member]) => member !== undefined),
  ) as T;
}
