import { getShape, isNumber } from './contract.ts';
import { inHashOrder, toJavaDouble } from './java-text.ts';

/** Values that the platform accepts, where they are others than in the contract. */
export type EnumValues = Readonly<Record<string, readonly string[]>>;

/** What AWS says of a member that is missing. */
export const NOT_NULL = 'Member must not be null';

/** Longest text that a pattern is tried on, when its shape takes no longer ones. */
const MAX_MATCHED_CHARACTERS = 2048;
/** Members of Invoke, whose messages name the values in the order of the contract. */
const IN_CONTRACT_ORDER: ReadonlySet<string> = new Set([
  'InvocationType',
  'LogType',
  'ResponseStreamingInvocationType',
]);
/** They are made once for each shape, and for each set of values that is handed in. */
const constraintsByValues = new WeakMap<EnumValues, Map<string, Constraints>>();
const patterns = new Map<string, RegExp>();

/** The contract's own values. */
export const NO_OTHER_VALUES: EnumValues = {};

interface Constraint {
  readonly sentence: string;
  readonly isMet: (value: unknown) => boolean;
}

interface Constraints {
  readonly texts: readonly Constraint[];
  readonly bounds: readonly Constraint[];
}

/** Sentences of the constraints that the value does not meet: AWS names the pattern before the length. */
export function findViolations(shapeName: string, value: unknown, enums: EnumValues): string[] {
  const { texts, bounds } = constraintsOf(shapeName, enums);
  return [...texts, ...bounds].flatMap(({ isMet, sentence }) => (isMet(value) ? [] : [sentence]));
}

/** Whether the value meets all constraints of the shape. */
export function meetsConstraints(shapeName: string, value: unknown, enums: EnumValues): boolean {
  const { texts, bounds } = constraintsOf(shapeName, enums);
  return bounds.every(({ isMet }) => isMet(value)) && texts.every(({ isMet }) => isMet(value));
}

/** Sentences of all constraints of a shape, as messages about lists and maps give them: the lengths first. */
export function describeConstraints(shapeName: string, enums: EnumValues): string[] {
  const { texts, bounds } = constraintsOf(shapeName, enums);
  return [...bounds, ...texts].map(({ sentence }) => sentence);
}

function constraintsOf(shapeName: string, enums: EnumValues): Constraints {
  const byShape = constraintsByValues.get(enums) ?? new Map<string, Constraints>();
  constraintsByValues.set(enums, byShape);
  const known = byShape.get(shapeName);
  if (known !== undefined) return known;
  const constraints = { texts: textsOf(shapeName, enums), bounds: boundsOf(shapeName) };
  byShape.set(shapeName, constraints);
  return constraints;
}

function boundsOf(shapeName: string): readonly Constraint[] {
  const shape = getShape(shapeName);
  if (shape.type === 'structure') return [];
  const { min, max } = shape;
  const what = isNumber(shape) ? 'value' : 'length';
  const isFloat = shape.type === 'double' || shape.type === 'float';
  const show = (bound: number): string => (isFloat ? toJavaDouble(bound) : bound.toString());
  const constraints: Constraint[] = [];
  if (max !== undefined) {
    const sentence = `Member must have ${what} less than or equal to ${show(max)}`;
    constraints.push({ sentence, isMet: (value) => sizeOf(value) <= max });
  }
  if (min !== undefined) {
    const sentence = `Member must have ${what} greater than or equal to ${show(min)}`;
    constraints.push({ sentence, isMet: (value) => sizeOf(value) >= min });
  }
  return constraints;
}

function sizeOf(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  if (value instanceof Uint8Array) return value.byteLength;
  return Object.keys(value as object).length;
}

function textsOf(shapeName: string, enums: EnumValues): readonly Constraint[] {
  const shape = getShape(shapeName);
  if (shape.type !== 'string') return [];
  const { pattern, max = Number.POSITIVE_INFINITY } = shape;
  const accepted = enums[shapeName] ?? shape.enum;
  const constraints: Constraint[] = [];
  if (pattern !== undefined) {
    const sentence = `Member must satisfy regular expression pattern: ${pattern}`;
    // What is far too long is refused for its length: no pattern may take time over it.
    const longest = Math.max(max, MAX_MATCHED_CHARACTERS);
    const isMet = (value: unknown): boolean =>
      sizeOf(value) > longest || toPattern(pattern).test(value as string);
    constraints.push({ sentence, isMet });
  }
  if (accepted !== undefined) {
    const sentence = `Member must satisfy enum value set: [${listValues(shapeName, accepted)}]`;
    constraints.push({ sentence, isMet: (value) => accepted.includes(value as string) });
  }
  return constraints;
}

function listValues(shapeName: string, values: readonly string[]): string {
  return (IN_CONTRACT_ORDER.has(shapeName) ? values : inHashOrder(values)).join(', ');
}

/** Java matches the whole of a text. `\p{…}` needs the flag that other patterns do not stand. */
function toPattern(pattern: string): RegExp {
  const known = patterns.get(pattern);
  if (known !== undefined) return known;
  const made = new RegExp(`^(?:${pattern})$`, pattern.includes('\\p{') ? 'u' : '');
  patterns.set(pattern, made);
  return made;
}
