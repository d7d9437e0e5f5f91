import type {
  BotocoreMember,
  BotocoreModel,
  BotocoreOperation,
  BotocoreShape,
} from './botocore-model.ts';

const LOCATIONS: Readonly<Record<string, string>> = {
  uri: 'uri',
  querystring: 'query',
  header: 'header',
  statusCode: 'status',
};

/** The contract as JSON text: one line for each operation and each shape, so that a diff can be read. */
export function compactModel(model: BotocoreModel): string {
  const operations = Object.entries(model.operations).map(
    ([name, operation]) => [name, compactOperation(operation)] as const,
  );
  const used = findUsedShapes(model);
  const shapes = Object.entries(model.shapes)
    .filter(([name]) => used.has(name))
    .map(([name, shape]) => [name, compactShape(shape)] as const);
  return `{\n"operations": ${toLines(operations)},\n"shapes": ${toLines(shapes)}\n}\n`;
}

function toLines(entries: readonly (readonly [string, object])[]): string {
  const sorted = entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
  const lines = sorted.map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  return `{\n${lines.join(',\n')}\n}`;
}

function compactOperation({ http, input, output, errors = [] }: BotocoreOperation): object {
  return {
    method: http.method,
    path: http.requestUri,
    status: http.responseCode ?? 200,
    input: input?.shape,
    output: output?.shape,
    errors: errors.map(({ shape }) => shape),
  };
}

function compactShape(shape: BotocoreShape): object {
  return {
    type: shape.type,
    error: compactError(shape),
    required: shape.required,
    payload: shape.payload,
    member: shape.member?.shape,
    key: shape.key?.shape,
    value: shape.value?.shape,
    min: shape.min,
    max: shape.max,
    pattern: shape.pattern,
    enum: shape.enum,
    format: shape.timestampFormat,
    sensitive: shape.sensitive,
    streaming: shape.streaming,
    eventStream: shape.eventstream,
    members:
      shape.members &&
      Object.fromEntries(
        Object.entries(shape.members).map(([name, member]) => [name, compactMember(name, member)]),
      ),
  };
}

function compactError({ error, fault }: BotocoreShape): object | undefined {
  if (error === undefined) return undefined;
  return { status: error.httpStatusCode, fault: fault === true ? 'service' : 'client' };
}

/** The name of its shape when there is no more to say. */
function compactMember(name: string, member: BotocoreMember): unknown {
  const { shape, location, locationName } = member;
  const wireName = locationName === name ? undefined : locationName;
  const isPlain = location === undefined && wireName === undefined && !member.eventpayload;
  if (isPlain) return shape;
  const compactLocation = location === undefined ? undefined : LOCATIONS[location];
  if (location !== undefined && compactLocation === undefined) {
    throw new Error(`the member ${name} lies in ${location}, which nothing here knows`);
  }
  return { shape, in: compactLocation, name: wireName, eventPayload: member.eventpayload };
}

/** Names of all shapes that an operation reaches. */
function findUsedShapes({ operations, shapes }: BotocoreModel): ReadonlySet<string> {
  const waiting = Object.values(operations).flatMap(({ input, output, errors = [] }) =>
    [input, output, ...errors].flatMap((reference) => reference?.shape ?? []),
  );
  const used = new Set<string>();
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (used.has(name)) continue;
    used.add(name);
    const shape = shapes[name];
    if (shape === undefined) throw new Error(`the model has no shape ${name}`);
    const references = [
      shape.member,
      shape.key,
      shape.value,
      ...Object.values(shape.members ?? {}),
    ];
    waiting.push(...references.flatMap((reference) => reference?.shape ?? []));
  }
  return used;
}
