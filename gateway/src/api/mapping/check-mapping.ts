import {
  eventSourceServiceOf,
  SOURCES_OF_FIELDS,
  type EventSourceMappingSpec,
  type EventSourceService,
} from '@mayfly/api';
import type { CreateEventSourceMappingRequest } from '@mayfly/lambda-api/contract';
import { invalid } from '../invalid.ts';
import type { MappingSettings } from './mapping-spec.ts';

type Settings = Omit<CreateEventSourceMappingRequest, 'FunctionName'>;

const UNSERVED: readonly (readonly [
  name: keyof Settings,
  isAsked: (settings: Settings) => boolean,
  instead: string,
])[] = [
  ['KMSKeyArn', ({ KMSKeyArn = '' }) => KMSKeyArn !== '', 'filters are kept as they are'],
  [
    'MetricsConfig',
    ({ MetricsConfig: { Metrics = [] } = {} }) => Metrics.length > 0,
    'sources are not polled yet',
  ],
  [
    'LoggingConfig',
    ({ LoggingConfig }) => LoggingConfig?.SystemLogLevel !== undefined,
    'sources are not polled yet',
  ],
  [
    'ProvisionedPollerConfig',
    ({ ProvisionedPollerConfig = {} }) => Object.keys(ProvisionedPollerConfig).length > 0,
    'sources are not polled yet',
  ],
  [
    'AmazonManagedKafkaEventSourceConfig',
    ({ AmazonManagedKafkaEventSourceConfig: kafka }) => kafka?.SchemaRegistryConfig !== undefined,
    'leave SchemaRegistryConfig out: records are handed over as they are',
  ],
  [
    'SelfManagedKafkaEventSourceConfig',
    ({ SelfManagedKafkaEventSourceConfig: kafka }) =>
      kafka?.SchemaRegistryConfig !== undefined || kafka?.ConsumptionMode !== undefined,
    'leave SchemaRegistryConfig and ConsumptionMode out: records are handed over as they are',
  ],
];

/**
 * Nothing that is asked for is dropped in silence.
 * @throws LambdaError `InvalidParameterValueException` that names the member
 */
export function refuseUnservedSettings(settings: Settings | MappingSettings): void {
  const unserved = UNSERVED.find(([, isAsked]) => isAsked(settings));
  if (unserved === undefined) return;
  const [name, , instead] = unserved;
  throw invalid(`${name} is not served by Mayfly: ${instead}.`);
}

/**
 * What the kind of a source asks for and does not take, in AWS's words.
 * @throws LambdaError `InvalidParameterValueException`
 */
export function checkMapping(
  spec: Omit<EventSourceMappingSpec, 'functionName'>,
  { DestinationConfig }: Pick<MappingSettings, 'DestinationConfig'>,
): void {
  const { eventSourceArn, selfManagedEventSource } = spec;
  const service = eventSourceServiceOf(spec);
  const isNamed = (eventSourceArn ?? selfManagedEventSource) !== undefined;
  if (!isNamed || service === undefined) throw invalid('Unrecognized event source.');
  // Batches that went well leave no record.
  if (DestinationConfig?.OnSuccess !== undefined) throw unsupported('destinationConfig');
  checkFields(spec, service);
  checkStart(spec, service);
  if (service === 'sqs') checkWindow(spec);
}

function checkWindow({
  batchSize = 0,
  maximumBatchingWindowInSeconds: window = 0,
}: Pick<EventSourceMappingSpec, 'batchSize' | 'maximumBatchingWindowInSeconds'>): void {
  if (batchSize <= 10 || window > 0) return;
  throw invalid(
    'Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10',
  );
}

function checkFields(
  spec: Readonly<Partial<Record<keyof typeof SOURCES_OF_FIELDS, unknown>>>,
  service: EventSourceService,
): void {
  for (const [field, services] of Object.entries(SOURCES_OF_FIELDS)) {
    // The names of the table are those of the spec.
    const name = field as keyof typeof SOURCES_OF_FIELDS;
    const takes: readonly EventSourceService[] = services;
    if (spec[name] === undefined || takes.includes(service)) continue;
    if (name !== 'startingPositionTimestamp') throw unsupported(name);
  }
}

function unsupported(field: string): Error {
  const name = `${field.charAt(0).toUpperCase()}${field.slice(1)}`;
  return invalid(`Unsupported ${name} parameter for given event source mapping type.`);
}

function checkStart(
  {
    startingPosition: position,
    startingPositionTimestamp: time,
    eventSourceArn = '',
  }: Omit<EventSourceMappingSpec, 'functionName'>,
  service: EventSourceService,
): void {
  const isStream = service === 'kinesis' || service === 'dynamodb';
  if (isStream && position === undefined) {
    throw invalid(
      "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.",
    );
  }
  if (service === 'dynamodb' && position === 'AT_TIMESTAMP') {
    throw invalid(`Unsupported starting position for arn type: ${eventSourceArn}`);
  }
  if ((position === 'AT_TIMESTAMP') !== (time !== undefined)) {
    throw invalid('StartingPositionTimestamp is needed with AT_TIMESTAMP, and with nothing else.');
  }
}
