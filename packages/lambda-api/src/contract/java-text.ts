// The messages of Lambda show values as Java prints them.
import { getShape, isScalar, toMember, type ScalarShape } from './contract.ts';

/** Longest value that a message repeats. differs from Lambda: it repeats all of it. */
const MAX_SHOWN_CHARACTERS = 10_000;
const HASH_BUCKETS = 64;

/** `[a, b]`, `{2=0.5}`, `OnFailure(destination=…)`: a value of that shape as Java prints it. */
export function toJavaText(shapeName: string, value: unknown): string {
  const text = print(shapeName, value);
  return text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}…` : text;
}

function print(shapeName: string, value: unknown): string {
  if (value === undefined || value === null) return 'null';
  const shape = getShape(shapeName);
  if (isScalar(shape)) return printScalar(shape, value);
  if (shape.type === 'list') {
    return `[${(value as unknown[]).map((item) => print(shape.member, item)).join(', ')}]`;
  }
  if (shape.type === 'map') {
    const entries = Object.entries(value).map(
      ([key, item]) => `${key}=${print(shape.value, item)}`,
    );
    return `{${entries.join(', ')}}`;
  }
  const fields = value as Readonly<Record<string, unknown>>;
  const members = Object.entries(shape.members).map(
    ([name, member]) => `${decapitalise(name)}=${print(toMember(member).shape, fields[name])}`,
  );
  return `${shapeName}(${members.join(', ')})`;
}

function printScalar(shape: ScalarShape, value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return '(bytes)';
  const isFloat = shape.type === 'double' || shape.type === 'float';
  return isFloat ? toJavaDouble(value as number) : String(value);
}

/** `2.0`, where JavaScript says `2`. */
export function toJavaDouble(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e7 ? value.toFixed(1) : value.toString();
}

/** Name of a member in messages: `KMSKeyArn` is `kMSKeyArn`. */
export function decapitalise(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

/**
 * The order in which Lambda lists members and the values of an enumeration: that of a Java HashSet of 64 buckets.
 * `BUFFERED` is in bucket 50 and `RESPONSE_STREAM` in 5, so the messages say `[RESPONSE_STREAM, BUFFERED]`.
 */
export function inHashOrder(values: readonly string[]): readonly string[] {
  return values.toSorted((a, b) => bucketOf(a) - bucketOf(b));
}

function bucketOf(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index += 1) {
    hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0;
  }
  return (hash ^ (hash >>> 16)) & (HASH_BUCKETS - 1);
}
