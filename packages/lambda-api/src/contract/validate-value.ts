import {
  describeConstraints,
  findViolations,
  meetsConstraints,
  NO_OTHER_VALUES,
  NOT_NULL,
  type EnumValues,
} from './constraints.ts';
import { getShape, getStructure, toMember, type ListShape, type MapShape } from './contract.ts';
import { decapitalise, inHashOrder, toJavaText } from './java-text.ts';

/** A value that breaks a constraint of the contract. */
export interface InputProblem {
  /** As in AWS's messages: `vpcConfig.securityGroupIds`. */
  readonly member: string;
  /** As Java prints it; undefined when the value is a secret. */
  readonly value: string | undefined;
  readonly constraint: string;
}

/** More are not listed. differs from Lambda: it lists them all, and a request could make it a long list. */
const MAX_PROBLEMS = 100;
/** Lists whose items may be null, as far as the messages go. */
const NULLABLE_LISTS: ReadonlySet<string> = new Set(['SecurityGroupIds', 'SubnetIds']);
/** Lists of which the messages name the values alone. */
const PLAIN_ENUM_LISTS: ReadonlySet<string> = new Set(['CompatibleRuntimes']);
/** Members whose enumeration is judged by the operation, with another error. */
const JUDGED_LATER: ReadonlySet<string> = new Set([
  'CreateFunctionRequest.Runtime',
  'UpdateFunctionConfigurationRequest.Runtime',
]);

/** A value's place in the input. */
interface Place {
  readonly shapeName: string;
  readonly path: string;
  readonly isSecret: boolean;
  readonly enums: EnumValues;
  /** What was found so far. */
  readonly problems: InputProblem[];
}

type Fields = Readonly<Record<string, unknown>>;

/** Everything in the value that breaks the contract, in the order in which Lambda lists it. */
export function validateStructure(
  shapeName: string,
  value: Fields,
  enums: EnumValues = NO_OTHER_VALUES,
): readonly InputProblem[] {
  const problems: InputProblem[] = [];
  checkMembers({ shapeName, path: '', isSecret: false, enums, problems }, value);
  return problems.slice(0, MAX_PROBLEMS);
}

function checkMembers(place: Place, fields: Fields): void {
  for (const { name, member, shapeName, isRequired } of membersOf(place.shapeName)) {
    const path = place.path === '' ? member : `${place.path}.${member}`;
    const value = fields[name];
    if (value !== undefined) {
      check({ ...place, shapeName, path }, value);
    } else if (isRequired) {
      place.problems.push({ member: path, value: 'null', constraint: NOT_NULL });
    }
  }
}

/** A member that is checked. */
interface CheckedMember {
  readonly name: string;
  /** Its name in messages. */
  readonly member: string;
  readonly shapeName: string;
  readonly isRequired: boolean;
}

const membersByShape = new Map<string, readonly CheckedMember[]>();

function membersOf(structureName: string): readonly CheckedMember[] {
  const known = membersByShape.get(structureName);
  if (known !== undefined) return known;
  const shape = getStructure(structureName);
  const byName = new Map(
    Object.entries(shape.members).flatMap(([name, binding]) => {
      if (JUDGED_LATER.has(`${structureName}.${name}`)) return [];
      const isRequired = shape.required?.includes(name) === true;
      const member = decapitalise(name);
      return [[member, { name, member, shapeName: toMember(binding).shape, isRequired }] as const];
    }),
  );
  const members = inHashOrder([...byName.keys()]).flatMap((member) => byName.get(member) ?? []);
  membersByShape.set(structureName, members);
  return members;
}

function check(at: Place, value: unknown): void {
  if (at.problems.length >= MAX_PROBLEMS) return;
  const shape = getShape(at.shapeName);
  const place = { ...at, isSecret: at.isSecret || shape.sensitive === true };
  if (shape.type === 'structure') checkMembers(place, value as Fields);
  for (const sentence of findViolations(place.shapeName, value, place.enums)) {
    report(place, value, sentence);
  }
  if (shape.type === 'list') checkItems(place, shape, value as readonly unknown[]);
  if (shape.type === 'map') checkEntries(place, shape, value as Fields);
}

function checkItems(place: Place, shape: ListShape, items: readonly unknown[]): void {
  if (items.some((item) => isBroken(shape.member, item, place.enums))) {
    const sentences = describeConstraints(shape.member, place.enums);
    const all = NULLABLE_LISTS.has(place.shapeName) ? sentences : [...sentences, NOT_NULL];
    const isPlain = PLAIN_ENUM_LISTS.has(place.shapeName);
    report(
      place,
      items,
      isPlain ? sentences.join(', ') : `Member must satisfy constraint: [${all.join(', ')}]`,
    );
  }
  if (!hasInside(shape.member)) return;
  items.forEach((item, index) => {
    const path = `${place.path}.${(index + 1).toString()}.member`;
    checkInside({ ...place, shapeName: shape.member, path }, item);
  });
}

function checkEntries(place: Place, shape: MapShape, fields: Fields): void {
  if (Object.keys(fields).some((key) => isBroken(shape.key, key, place.enums))) {
    const sentences = describeConstraints(shape.key, place.enums).join(', ');
    report(place, fields, `Map keys must satisfy constraint: [${sentences}]`);
  }
  if (Object.values(fields).some((value) => isBroken(shape.value, value, place.enums))) {
    const sentences = [...describeConstraints(shape.value, place.enums), NOT_NULL].join(', ');
    report(place, fields, `Map value must satisfy constraint: [${sentences}]`);
  }
  if (!hasInside(shape.value)) return;
  for (const [key, value] of Object.entries(fields)) {
    checkInside({ ...place, shapeName: shape.value, path: `${place.path}.${key}.member` }, value);
  }
}

/** Whether it breaks a constraint that is told of the list or the map that it is in. */
function isBroken(shapeName: string, value: unknown, enums: EnumValues): boolean {
  if (value === null) return true;
  return !meetsConstraints(shapeName, value, enums);
}

function hasInside(shapeName: string): boolean {
  return ['structure', 'list', 'map'].includes(getShape(shapeName).type);
}

/** What is inside an item; its own constraints were told already. */
function checkInside(place: Place, value: unknown): void {
  if (value === null || place.problems.length >= MAX_PROBLEMS) return;
  const shape = getShape(place.shapeName);
  const isSecret = place.isSecret || shape.sensitive === true;
  if (shape.type === 'structure') checkMembers({ ...place, isSecret }, value as Fields);
  if (shape.type === 'list') {
    checkItems({ ...place, isSecret }, shape, value as readonly unknown[]);
  }
  if (shape.type === 'map') checkEntries({ ...place, isSecret }, shape, value as Fields);
}

function report(place: Place, value: unknown, constraint: string): void {
  const shown = place.isSecret ? undefined : `'${toJavaText(place.shapeName, value)}'`;
  place.problems.push({ member: place.path, value: shown, constraint });
}
