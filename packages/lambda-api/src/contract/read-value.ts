import { LambdaError } from '../errors.ts';
import { decodeBase64 } from './base64.ts';
import {
  getShape,
  isNumber,
  isScalar,
  toMember,
  type NumberShape,
  type ScalarShape,
  type Shape,
  type StructureShape,
} from './contract.ts';

const TRUE_WORDS: ReadonlySet<string> = new Set(['true', 'yes', 'y', 't', '1']);
const FALSE_WORDS: ReadonlySet<string> = new Set(['false', 'no', 'n', 'f', '0']);
const INTEGER = /^[+-]?\d+$/;
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const MAX_INTEGER = 2 ** 31;
/** Moments that a Date can hold, in seconds. */
const MAX_SECONDS = 8.64e12;

type Fields = Readonly<Record<string, unknown>>;

/** Name of a type in AWS's messages. */
const TYPE_NAMES: Readonly<Record<ScalarShape['type'], string>> = {
  string: 'a String',
  integer: 'an Integer',
  long: 'a Long',
  double: 'a Double',
  float: 'a Float',
  boolean: 'a Boolean',
  blob: 'a ByteBuffer',
  timestamp: 'a Date',
};

/** AWS's answer to a body that is not of the form that the operation takes. */
export function serializationError(message: string): LambdaError {
  return new LambdaError('SerializationException', message);
}

/**
 * Reads a value out of a JSON body. Members that the contract does not know are left out, and so are null members;
 * null items of lists and maps stay, as they are an error of their own.
 * @throws LambdaError `SerializationException` in AWS's words when it is of another type
 */
export function readJson(shapeName: string, value: unknown): unknown {
  const shape = getShape(shapeName);
  if (isScalar(shape)) return readJsonScalar(shape, value);
  if (shape.type === 'structure') return readJsonStructure(shape, value);
  if (shape.type === 'list') return toItems(value).map((item) => readItem(shape.member, item));
  return Object.fromEntries(
    Object.entries(toFields(value)).map(([key, item]) => [key, readItem(shape.value, item)]),
  );
}

function readItem(shapeName: string, item: unknown): unknown {
  return item === null ? null : readJson(shapeName, item);
}

/**
 * Reads the members of a structure that lie in a JSON body.
 * @throws LambdaError `SerializationException`
 */
export function readJsonStructure(shape: StructureShape, value: unknown): Fields {
  const fields = toFields(value);
  return Object.fromEntries(
    Object.entries(shape.members).flatMap(([name, binding]) => {
      const member = toMember(binding);
      const wireName = member.name ?? name;
      if (member.in !== undefined || !Object.hasOwn(fields, wireName)) return [];
      const found = fields[wireName];
      return found === null ? [] : [[name, readJson(member.shape, found)]];
    }),
  );
}

function toItems(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw isFields(value) ? unexpectedStart(value) : serializationError('Expected list or null');
}

function toFields(value: unknown): Fields {
  if (isFields(value)) return value;
  throw Array.isArray(value) ? unexpectedStart(value) : serializationError('Expected null');
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unexpectedStart(value: object): LambdaError {
  return serializationError(
    Array.isArray(value)
      ? 'Start of list found where not expected'
      : 'Start of structure or map found where not expected.',
  );
}

function readJsonScalar(shape: ScalarShape, value: unknown): unknown {
  if (typeof value === 'object' && value !== null) throw unexpectedStart(value);
  const read = typeof value === 'string' ? readString(shape, value) : convert(shape, value);
  if (read === undefined) {
    throw serializationError(`${tokenOf(value)} can not be converted to ${TYPE_NAMES[shape.type]}`);
  }
  return read;
}

/** Name of the JSON token in AWS's messages. */
function tokenOf(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'TRUE_VALUE' : 'FALSE_VALUE';
  return typeof value === 'number' ? 'NUMBER_VALUE' : 'STRING_VALUE';
}

/** A JSON text as the shape; undefined when it is none. */
function readString(shape: ScalarShape, text: string): unknown {
  if (isNumber(shape)) return undefined;
  switch (shape.type) {
    case 'string':
      return text;
    case 'blob':
      return decodeBase64(text);
    case 'boolean':
      return readBoolean(text);
    case 'timestamp':
      return readMoment(text);
  }
}

/** A JSON number, true or false as the shape; undefined when it is none. */
function convert(shape: ScalarShape, value: unknown): unknown {
  if (typeof value === 'boolean') return shape.type === 'boolean' ? value : undefined;
  if (typeof value !== 'number') return undefined;
  if (isNumber(shape)) return toNumber(shape.type, value);
  const isMoment = shape.type === 'timestamp' && Math.abs(value) <= MAX_SECONDS;
  return isMoment ? toMoment(value) : undefined;
}

/** AWS cuts off what is behind the point where it wants an integer. */
function toNumber(type: NumberShape['type'], value: number): number | undefined {
  if (!Number.isFinite(value)) return undefined;
  if (type === 'double' || type === 'float') return value;
  const whole = Math.trunc(value);
  const limit = type === 'integer' ? MAX_INTEGER : Number.MAX_SAFE_INTEGER;
  return whole >= -limit && whole < limit ? whole : undefined;
}

/**
 * Reads a value out of a path, a query or a header.
 * @throws LambdaError `SerializationException`
 */
export function readText(shape: Shape, text: string): unknown {
  const read = readTextOrNothing(shape, text);
  if (read !== undefined) return read;
  const wanted = isScalar(shape) ? TYPE_NAMES[shape.type] : 'a structure';
  throw serializationError(`STRING_VALUE can not be converted to ${wanted}`);
}

function readTextOrNothing(shape: Shape, text: string): unknown {
  if (!isScalar(shape)) return undefined;
  if (!isNumber(shape)) return readString(shape, text);
  const isFloat = shape.type === 'double' || shape.type === 'float';
  return (isFloat ? DECIMAL : INTEGER).test(text) ? toNumber(shape.type, Number(text)) : undefined;
}

function readBoolean(text: string): boolean | undefined {
  const word = text.toLowerCase();
  if (TRUE_WORDS.has(word)) return true;
  return FALSE_WORDS.has(word) ? false : undefined;
}

/** Seconds since 1970, ISO 8601 or the form of HTTP. */
function readMoment(text: string): Date | undefined {
  const moment = DECIMAL.test(text) ? toMoment(Number(text)) : new Date(text);
  return Number.isNaN(moment.getTime()) ? undefined : moment;
}

/** 1082577964.643 s are a little less than 1082577964643 ms as floating-point numbers, and a Date cuts off. */
function toMoment(seconds: number): Date {
  return new Date(Math.round(seconds * 1000));
}
