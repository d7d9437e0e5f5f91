import {
  getOperation,
  getShape,
  getStructure,
  toMember,
  type Member,
  type MemberLocation,
} from '../contract.ts';
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
  const { method, path: template, input } = getOperation(operationName);
  if (input === undefined) throw new Error(`${operationName} takes no input`);
  const [path = '', fixed = ''] = template.split('?');
  const members = listMembers(input, fields);
  const query = new URLSearchParams(fixed);
  for (const { texts, wireName } of members.filter(({ place }) => place === 'query')) {
    for (const text of texts) query.append(wireName, text);
  }
  const labels = members.filter(({ place }) => place === 'uri');
  const filled = labels.reduce(
    (text, { wireName, texts }) =>
      text.replace(`{${wireName}}`, encodeURIComponent(texts.join(','))),
    path,
  );
  const headers = members.filter(({ place }) => place === 'header');
  return {
    method,
    target: query.size === 0 ? filled : `${filled}?${query.toString()}`,
    headers: Object.fromEntries(
      headers.map(({ wireName, texts }) => [wireName.toLowerCase(), texts.join(',')]),
    ),
    body: encodeBody(input, fields),
  };
}

interface SaidMember {
  readonly place: MemberLocation;
  readonly wireName: string;
  readonly texts: readonly string[];
}

/** The members that lie outside the body, as texts. */
function listMembers(shapeName: string, fields: Fields): readonly SaidMember[] {
  return Object.entries(getStructure(shapeName).members).flatMap(([name, binding]) => {
    const member = toMember(binding);
    const value = fields[name];
    if (value === undefined || member.in === undefined) return [];
    const texts = (Array.isArray(value) ? value : [value]).map(toText);
    return [{ place: member.in, wireName: member.name ?? name, texts }];
  });
}

function toText(value: unknown): string {
  return value instanceof Date ? value.toISOString() : String(value);
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
