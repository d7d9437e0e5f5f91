import { encodeBase64 } from './base64.ts';
import { getShape, toMember, type StructureShape } from './contract.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A value as it stands in a JSON body. Members that the contract does not know, and undefined ones, are left out. */
export function writeJson(shapeName: string, value: unknown): unknown {
  if (value === null || value === undefined) return value;
  const shape = getShape(shapeName);
  switch (shape.type) {
    case 'structure':
      return writeJsonStructure(shape, value as Fields);
    case 'list':
      return (value as readonly unknown[]).map((item) => writeJson(shape.member, item));
    case 'map':
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [key, writeJson(shape.value, item)]),
      );
    case 'blob':
      return encodeBase64(value as Uint8Array);
    case 'timestamp':
      return shape.format === 'iso8601'
        ? (value as Date).toISOString()
        : (value as Date).getTime() / 1000;
    case 'string':
    case 'integer':
    case 'long':
    case 'double':
    case 'float':
    case 'boolean':
      return value;
  }
}

/** The members of a structure that lie in a JSON body. */
export function writeJsonStructure(shape: StructureShape, fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(shape.members).flatMap(([name, binding]) => {
      const member = toMember(binding);
      const value = fields[name];
      if (member.in !== undefined || value === undefined) return [];
      return [[member.name ?? name, writeJson(member.shape, value)]];
    }),
  );
}

/** The members of a structure that are headers. */
export function writeHeaders(shape: StructureShape, fields: Fields): Record<string, string> {
  return Object.fromEntries(
    Object.entries(shape.members).flatMap(([name, binding]) => {
      const member = toMember(binding);
      const value = fields[name];
      if (member.in !== 'header' || value === undefined || value === null) return [];
      const text = value instanceof Date ? value.toUTCString() : String(value as string | number);
      return [[(member.name ?? name).toLowerCase(), text]];
    }),
  );
}
