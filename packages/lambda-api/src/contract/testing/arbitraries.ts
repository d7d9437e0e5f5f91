import fc from 'fast-check';
import {
  getShape,
  getStructure,
  isNumber,
  toMember,
  type ListShape,
  type MapShape,
  type Member,
  type NumberShape,
  type StringShape,
} from '../contract.ts';

/** Texts of patterns that look around or take nothing, of which no texts can be made. */
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  Alias: ['live', 'a-b_2'],
  CollectionName: ['things', '_x y'],
  FunctionUrlFunctionName: ['hello', '123456789012:function:hello:live'],
  FunctionUrlQualifier: ['live', '2x'],
  KMSKeyArn: ['', 'arn:aws:kms:eu-west-1:123456789012:key/k'],
  ResourceArn: ['', 'arn:aws:sqs:eu-west-1:123456789012:q'],
  S3Bucket: ['bucket', 'my.bucket-1'],
  DestinationArn: ['', 'arn:aws:sqs:eu-west-1:123456789012:q', 'kafka://topic-1'],
};

/** With those that mean something in a path, a query or JSON. */
const CHARACTERS: readonly string[] = Array.from('abcXYZ019 -_./:%&?=+#"\\äß');

const made = new Map<string, fc.Arbitrary<unknown>>();

/** Values that the contract takes for that shape, as the operations see them. */
export function valuesOf(shapeName: string): fc.Arbitrary<unknown> {
  const known = made.get(shapeName) ?? makeValuesOf(shapeName);
  made.set(shapeName, known);
  return known;
}

function makeValuesOf(shapeName: string): fc.Arbitrary<unknown> {
  const shape = getShape(shapeName);
  if (shape.type === 'structure') return fieldsOf(shapeName);
  if (shape.type === 'string') return textsOf(shapeName, shape);
  if (isNumber(shape)) return numbersOf(shape);
  if (shape.type === 'list' || shape.type === 'map') return collectionsOf(shape);
  if (shape.type === 'boolean') return fc.boolean();
  if (shape.type === 'blob') {
    return fc.uint8Array({ minLength: Math.max(shape.min ?? 0, 1), maxLength: 40 });
  }
  const [min, max] = [new Date('1990-01-01'), new Date('2090-01-01')];
  return fc.date({ min, max, noInvalidDate: true });
}

function collectionsOf(shape: ListShape | MapShape): fc.Arbitrary<unknown> {
  const { min = 0, max = 3 } = shape;
  const most = Math.min(max, min + 2);
  if (shape.type === 'list') {
    return fc.array(valuesOf(shape.member), { minLength: min, maxLength: most });
  }
  const keys = valuesOf(shape.key) as fc.Arbitrary<string>;
  return fc.dictionary(keys, valuesOf(shape.value), { minKeys: min, maxKeys: most });
}

function numbersOf({ type, min, max }: NumberShape): fc.Arbitrary<number> {
  if (type === 'integer' || type === 'long') {
    return fc.integer({ min: min ?? -1000, max: max ?? 2 ** 31 - 1 });
  }
  // JSON has no -0.
  const values = fc.double({ min: min ?? -1e6, max: max ?? 1e6, noNaN: true });
  return values.map((value) => value + 0);
}

/** Fields of a structure: those that must be there, and some of the others. */
export function fieldsOf(shapeName: string): fc.Arbitrary<Readonly<Record<string, unknown>>> {
  const { members, required = [] } = getStructure(shapeName);
  const entries = Object.entries(members).map(
    ([name, binding]) => [name, valuesOfMember(toMember(binding))] as const,
  );
  return fc.record(Object.fromEntries(entries), {
    requiredKeys: required.filter((name) => name in members),
    noNullPrototype: true,
  });
}

/** A list without items is nothing in a query. */
function valuesOfMember(member: Member): fc.Arbitrary<unknown> {
  const values = valuesOf(member.shape);
  if (member.in !== 'query') return values;
  return values.filter((value) => !Array.isArray(value) || value.length > 0);
}

function textsOf(name: string, shape: StringShape): fc.Arbitrary<string> {
  const { min = 0, max = 64, pattern } = shape;
  if (shape.enum !== undefined) return fc.constantFrom(...shape.enum);
  const examples = EXAMPLES[name];
  if (examples !== undefined) return fc.constantFrom(...examples);
  const isFree = pattern === undefined || /^(?:\.|\[\\s\\S\])[*+]$/.test(pattern);
  // Not in headers and paths alone: an empty text there is no value at all.
  if (isFree) return printable(Math.max(min, 1), Math.max(1, Math.min(max, min + 20)));
  const flags = pattern.includes('\\p{') ? 'u' : '';
  return fc
    .stringMatching(new RegExp(`^(?:${pattern})$`, flags), { maxLength: Math.min(max, 200) })
    .filter((text) => text.length >= Math.max(min, 1) && text.length <= max);
}

function printable(minLength: number, maxLength: number): fc.Arbitrary<string> {
  const character = fc.constantFrom(...CHARACTERS);
  return fc
    .array(character, { minLength, maxLength })
    .map((characters) => characters.join(''))
    .filter((text) => text.trim() !== '');
}
