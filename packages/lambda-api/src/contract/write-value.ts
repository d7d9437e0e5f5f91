import { encodeBase64 } from './base64.ts';
import { getShape, isScalar, toMember, type ScalarShape, type StructureShape } from './contract.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A value as it stands in a JSON body. Members that the contract does not know, and undefined ones, are left out. */
export function writeJson(shapeName: string, value: unknown): unknown {
  if (value === null || value === undefined) return value;
  const shape = getShape(shapeName);
  if (isScalar(shape)) return writeJsonScalar(shape, value);
  if (shape.type === 'structure') return writeJsonStructure(shape, value as Fields);
  if (shape.type === 'list') {
    return (value as readonly unknown[]).map((item) => writeJson(shape.member, item));
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, writeJson(shape.value, item)]),
  );
}

function writeJsonScalar(shape: ScalarShape, value: unknown): unknown {
  if (value instanceof Uint8Array) return encodeBase64(value);
  if (!(value instanceof Date)) return value;
  const isText = shape.type === 'timestamp' && shape.format === 'iso8601';
  return isText ? value.toISOString() : value.getTime() / 1000;
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

/** The members of a structure that are headers. All those of the contract are texts. */
export function writeHeaders(shape: StructureShape, fields: Fields): Record<string, string> {
  return Object.fromEntries(
    Object.entries(shape.members).flatMap(([name, binding]) => {
      const member = toMember(binding);
      const value = fields[name];
      if (member.in !== 'header' || typeof value !== 'string') return [];
      return [[(member.name ?? name).toLowerCase(), value]];
    }),
  );
}
