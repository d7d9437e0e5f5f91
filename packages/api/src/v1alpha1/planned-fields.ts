import type { KindName } from './kinds.ts';

/** Type of a planned field; `strings` and `objects` are lists. */
export type PlannedType = 'string' | 'integer' | 'boolean' | 'object' | 'strings' | 'objects';

/**
 * A field, or one value of a field, that Lambda or the design has and this release does not serve. A
 * manifest that sets it is refused with `message`: nothing is ever dropped in silence.
 */
export interface PlannedField {
  readonly kind: KindName;
  /** For example `spec.fileSystems`. */
  readonly path: string;
  /** The one value that is planned, where the field itself is served. */
  readonly value?: string;
  /** What the field will hold, so that an API server can name it; undefined where it is served already. */
  readonly type?: PlannedType;
  /** Why it is refused and what to do instead; fits after the field's name. */
  readonly message: string;
}

type Entry = readonly [path: string, type: PlannedType, message: string];

function planned(kind: KindName, entries: readonly Entry[]): readonly PlannedField[] {
  return entries.map(([path, type, message]) => ({ kind, path, type, message }));
}

const FUNCTION_FIELDS = planned('Function', [
  [
    'spec.provisionedConcurrency',
    'objects',
    'is not served here: set spec.provisionedConcurrency of a Version or an Alias',
  ],
  ['spec.deadLetterConfig', 'object', 'is not served yet: asynchronous invocation is not there'],
  [
    'spec.tracingConfig',
    'object',
    'is not served yet: trace ids are passed on, segments are not recorded',
  ],
  [
    'spec.fileSystems',
    'objects',
    'is not served yet: in a cluster, mount volumes by spec.podTemplate',
  ],
  [
    'spec.network',
    'object',
    'is not served yet: functions use the network of their machine, or of their pod',
  ],
  ['spec.snapStart', 'object', 'is not served yet: every execution environment runs init'],
]);

const URL_VALUES: readonly PlannedField[] = [
  {
    path: 'spec.url.invokeMode',
    value: 'RESPONSE_STREAM',
    message: 'RESPONSE_STREAM is not served yet: use BUFFERED; streaming handlers are buffered',
  },
  // An Alias has a URL of its own, by the same rules.
].flatMap((field) => [
  { ...field, kind: 'Function' as const },
  { ...field, kind: 'Alias' as const },
]);

const NO_SOURCES = 'is not served yet: event sources are kept but not polled';

const OTHER_FIELDS: readonly PlannedField[] = [
  ...planned('Alias', [
    [
      'spec.provisionedConcurrentExecutions',
      'integer',
      'is not served here: set spec.provisionedConcurrency.provisionedConcurrentExecutions',
    ],
  ]),
  ...planned('EventSourceMapping', [['spec.source', 'object', NO_SOURCES]]),
];

/** Every field and value that is refused by name until it works. */
export const PLANNED_FIELDS: readonly PlannedField[] = [
  ...FUNCTION_FIELDS,
  ...URL_VALUES,
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
