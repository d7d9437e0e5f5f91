import { getOperation, getShape, getStructure, toMember, type StructureShape } from './contract.ts';
import type { OperationName, OperationOutputs } from './generated/lambda-2015-03-31.ts';
import { writeHeaders, writeJson, writeJsonStructure } from './write-value.ts';

/** An answer, ready to be sent. */
export interface SerialisedAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined when there is none, and when it is a stream of events, which the caller sends. */
  readonly body: string | Uint8Array | undefined;
}

/** The content type of JSON bodies, as Lambda gives it. */
export const JSON_CONTENT_TYPE = 'application/json';

type Fields = Readonly<Record<string, unknown>>;

/** The answer of an operation that went well. */
export function serialiseOutput<O extends OperationName>(
  operation: O,
  value: OperationOutputs[O],
): SerialisedAnswer {
  const { output, status } = getOperation(operation);
  if (output === undefined) return { status, headers: {}, body: undefined };
  const shape = getStructure(output);
  const fields = value as Fields;
  const body = writeBody(shape, fields, findStatus(shape, fields) ?? status);
  return {
    status: findStatus(shape, fields) ?? status,
    headers: {
      ...(typeof body === 'string' ? { 'content-type': JSON_CONTENT_TYPE } : {}),
      ...writeHeaders(shape, fields),
    },
    body,
  };
}

function findStatus(shape: StructureShape, fields: Fields): number | undefined {
  const found = Object.entries(shape.members).find(([, each]) => toMember(each).in === 'status');
  const status = found === undefined ? undefined : fields[found[0]];
  return typeof status === 'number' ? status : undefined;
}

function writeBody(
  shape: StructureShape,
  fields: Fields,
  status: number,
): string | Uint8Array | undefined {
  if (status === 204) return undefined;
  const payload = shape.payload === undefined ? undefined : shape.members[shape.payload];
  if (shape.payload === undefined || payload === undefined) {
    return JSON.stringify(writeJsonStructure(shape, fields));
  }
  const { shape: name } = toMember(payload);
  const value = fields[shape.payload];
  if (value === undefined || isStream(name)) return undefined;
  return value instanceof Uint8Array ? value : JSON.stringify(writeJson(name, value));
}

function isStream(shapeName: string): boolean {
  const shape = getShape(shapeName);
  return shape.type === 'structure' && shape.eventStream === true;
}
