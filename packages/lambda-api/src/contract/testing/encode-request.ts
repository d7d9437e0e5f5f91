import { CONTRACT, getShape, getStructure, toMember, type Member } from '../contract.ts';
import { writeJson, writeJsonStructure } from '../write-value.ts';

/** A request as a client makes it. */
export interface EncodedRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** What a client does with the input of an operation. */
export function encodeRequest(operationName: string, fields: Fields): EncodedRequest {
  const operation = CONTRACT.operations[operationName];
  if (operation?.input === undefined) throw new Error(`${operationName} takes no input`);
  const shape = getStructure(operation.input);
  const [template = '', fixed = ''] = operation.path.split('?');
  const query = new URLSearchParams(fixed);
  const headers: Record<string, string> = {};
  let path = template;
  for (const [name, binding] of Object.entries(shape.members)) {
    const member = toMember(binding);
    const value = fields[name];
    if (value === undefined) continue;
    const wireName = member.name ?? name;
    if (member.in === 'uri')
      path = path.replace(`{${wireName}}`, encodeURIComponent(toText(value)));
    if (member.in === 'header') headers[wireName.toLowerCase()] = toText(value);
    if (member.in === 'query') {
      for (const item of Array.isArray(value) ? value : [value])
        query.append(wireName, toText(item));
    }
  }
  const target = query.size === 0 ? path : `${path}?${query.toString()}`;
  return { method: operation.method, target, headers, body: encodeBody(operation.input, fields) };
}

function toText(value: unknown): string {
  return value instanceof Date ? value.toISOString() : String(value as string);
}

function encodeBody(shapeName: string, fields: Fields): Uint8Array | undefined {
  const shape = getStructure(shapeName);
  const binding = shape.payload === undefined ? undefined : shape.members[shape.payload];
  if (shape.payload !== undefined && binding !== undefined) {
    const value = fields[shape.payload];
    return value === undefined ? undefined : encodePayload(toMember(binding), value);
  }
  return new TextEncoder().encode(JSON.stringify(writeJsonStructure(shape, fields)));
}

function encodePayload({ shape }: Member, value: unknown): Uint8Array {
  if (getShape(shape).type === 'blob') return value as Uint8Array;
  return new TextEncoder().encode(JSON.stringify(writeJson(shape, value)));
}
