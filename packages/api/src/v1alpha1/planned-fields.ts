import type { KindName } from './kinds.ts';

/**
 * A field, or one value of a field, that Lambda or the design has and this release does not serve. A
 * manifest that sets it is refused with `message`: nothing is ever dropped in silence.
 */
export interface PlannedField {
  readonly kind: KindName;
  /** For example `spec.layers`. */
  readonly path: string;
  /** The one value that is planned, where the field itself is served. */
  readonly value?: string;
  /** Why it is refused and what to do instead; fits after the field's name. */
  readonly message: string;
  /** Required fields that it would stand in for: their absence is not worth a second complaint. */
  readonly insteadOf?: readonly string[];
}

type Entry = readonly [path: string, message: string, insteadOf?: readonly string[]];

function planned(kind: KindName, entries: readonly Entry[]): readonly PlannedField[] {
  return entries.map(([path, message, insteadOf]) =>
    insteadOf === undefined ? { kind, path, message } : { kind, path, message, insteadOf },
  );
}

const ZIP_PATH = ['spec.code.zip.path'];

const FUNCTION_FIELDS = planned('Function', [
  ['spec.role', 'is not served yet: functions get no credentials of an execution role'],
  [
    'spec.code.image',
    'is not served yet: image functions need a container runtime; the embedded mode runs zip and inline code',
    ['spec.runtime', 'spec.handler'],
  ],
  [
    'spec.code.zip.oci',
    'is not served yet: unpack the artifact and use spec.code.zip.path',
    ZIP_PATH,
  ],
  ['spec.layers', 'is not served yet: put the layer content into the code package'],
  ['spec.provisionedConcurrency', 'is not served yet: execution environments start on demand'],
  ['spec.eventInvokeConfig', 'is not served yet: asynchronous invocation is not there'],
  ['spec.deadLetterConfig', 'is not served yet: asynchronous invocation is not there'],
  ['spec.tracingConfig', 'is not served yet: trace ids are passed on, segments are not recorded'],
  ['spec.permissions', 'is not served yet: who reaches the gateway may invoke'],
  ['spec.fileSystems', 'is not served yet: it needs a cluster'],
  ['spec.network', 'is not served yet: functions use the network of the machine'],
  ['spec.codeSigning', 'is not served yet: pin the archive by spec.code.zip.sha256'],
  ['spec.snapStart', 'is not served yet: every execution environment runs init'],
  ['spec.publish', 'is not served yet: no versions are published, every invocation runs $LATEST'],
  ['spec.runtimeInterface', 'is not served yet: every function runs under the agent'],
]);

const FUNCTION_VALUES: readonly PlannedField[] = [
  {
    kind: 'Function',
    path: 'spec.packageType',
    value: 'Image',
    message:
      'Image is not served yet: image functions need a container runtime; the embedded mode runs zip and inline code',
    insteadOf: ['spec.runtime', 'spec.handler', 'spec.code'],
  },
  {
    kind: 'Function',
    path: 'spec.url.authType',
    value: 'AWS_IAM',
    message: 'AWS_IAM is not served yet: use NONE and keep the gateway on a private address',
  },
  {
    kind: 'Function',
    path: 'spec.url.invokeMode',
    value: 'RESPONSE_STREAM',
    message: 'RESPONSE_STREAM is not served yet: use BUFFERED; streaming handlers are buffered',
  },
];

const NO_VERSIONS = 'is not served yet: versions are kept but not published';
const NO_ALIASES = 'is not served yet: aliases are kept but not resolved';
const NO_SOURCES = 'is not served yet: event sources are kept but not polled';

const OTHER_FIELDS: readonly PlannedField[] = [
  ...planned('Version', [
    ['spec.codeSha256', NO_VERSIONS],
    ['spec.snapshot', NO_VERSIONS],
    ['spec.version', NO_VERSIONS],
  ]),
  ...planned('Alias', [
    ['spec.routingConfig', NO_ALIASES],
    ['spec.provisionedConcurrentExecutions', NO_ALIASES],
    ['spec.url', NO_ALIASES],
    ['spec.eventInvokeConfig', NO_ALIASES],
    ['spec.permissions', NO_ALIASES],
  ]),
  ...planned('EventSourceMapping', [
    ['spec.source', NO_SOURCES, ['spec.eventSourceArn']],
    ['spec.batchSize', NO_SOURCES],
    ['spec.maximumBatchingWindowInSeconds', NO_SOURCES],
    ['spec.parallelizationFactor', NO_SOURCES],
    ['spec.startingPosition', NO_SOURCES],
    ['spec.startingPositionTimestamp', NO_SOURCES],
    ['spec.maximumRecordAgeInSeconds', NO_SOURCES],
    ['spec.maximumRetryAttempts', NO_SOURCES],
    ['spec.bisectBatchOnFunctionError', NO_SOURCES],
    ['spec.tumblingWindowInSeconds', NO_SOURCES],
    ['spec.functionResponseTypes', NO_SOURCES],
    ['spec.filterCriteria', NO_SOURCES],
    ['spec.destinationConfig', NO_SOURCES],
    ['spec.scalingConfig', NO_SOURCES],
  ]),
];

/** Every field and value that is refused by name until it works. */
export const PLANNED_FIELDS: readonly PlannedField[] = [
  ...FUNCTION_FIELDS,
  ...FUNCTION_VALUES,
  ...OTHER_FIELDS,
];

/** The planned field at a path, or the planned value when `value` is given. */
export function findPlannedField(
  kind: KindName,
  path: string,
  value?: unknown,
): PlannedField | undefined {
  return PLANNED_FIELDS.find(
    (field) => field.kind === kind && field.path === path && field.value === value,
  );
}
