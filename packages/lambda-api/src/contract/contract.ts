import contract from './generated/lambda-2015-03-31.json' with { type: 'json' };

/** The API as its service model says it; made by `scripts/generate.ts`. */
export interface Contract {
  readonly operations: Readonly<Record<string, Operation>>;
  readonly shapes: Readonly<Record<string, Shape>>;
}

/** How an operation is called. */
export interface Operation {
  readonly method: string;
  /** Template with `{Labels}`, and now and then a fixed query. */
  readonly path: string;
  /** Status of an answer that went well, unless its output says another. */
  readonly status: number;
  readonly input?: string;
  readonly output?: string;
  readonly errors: readonly string[];
}

/** Where a member lies in the message when it does not lie in the body. */
export type MemberLocation = 'uri' | 'query' | 'header' | 'status';

/** A member of a structure. */
export interface Member {
  readonly shape: string;
  readonly in?: MemberLocation;
  /** Name on the wire, when it is another. */
  readonly name?: string;
  readonly eventPayload?: boolean;
}

/** A structure, which may be the body of an error. */
export interface StructureShape {
  readonly type: 'structure';
  readonly members: Readonly<Record<string, string | Member>>;
  readonly required?: readonly string[];
  /** The member that is the whole body. */
  readonly payload?: string;
  readonly error?: { readonly status: number; readonly fault: 'client' | 'service' };
  readonly eventStream?: boolean;
  readonly sensitive?: boolean;
}

interface Bounds {
  readonly min?: number;
  readonly max?: number;
  /** Its values are in no message and no log. */
  readonly sensitive?: boolean;
}

/** A list of values of one shape. */
export interface ListShape extends Bounds {
  readonly type: 'list';
  readonly member: string;
}

/** A map from texts to values of one shape. */
export interface MapShape extends Bounds {
  readonly type: 'map';
  readonly key: string;
  readonly value: string;
}

/** A text. */
export interface StringShape extends Bounds {
  readonly type: 'string';
  readonly pattern?: string;
  readonly enum?: readonly string[];
}

/** A number. */
export interface NumberShape extends Bounds {
  readonly type: 'integer' | 'long' | 'double' | 'float';
}

/** Bytes, base64 in JSON. */
export interface BlobShape extends Bounds {
  readonly type: 'blob';
  readonly streaming?: boolean;
}

/** A moment; seconds since 1970 in JSON, unless the format says otherwise. */
export interface TimestampShape extends Bounds {
  readonly type: 'timestamp';
  readonly format?: string;
}

/** True or false. */
export interface BooleanShape extends Bounds {
  readonly type: 'boolean';
}

/** A shape of values that contain no others. */
export type ScalarShape = StringShape | NumberShape | BlobShape | TimestampShape | BooleanShape;

/** What a value looks like. */
export type Shape = StructureShape | ListShape | MapShape | ScalarShape;

/** Whether its values contain no others. */
export function isScalar(shape: Shape): shape is ScalarShape {
  return shape.type !== 'structure' && shape.type !== 'list' && shape.type !== 'map';
}

/** Whether its values are numbers. */
export function isNumber(shape: Shape): shape is NumberShape {
  return ['integer', 'long', 'double', 'float'].includes(shape.type);
}

/** The contract of `lambda-2015-03-31`. Its checksum is checked by `make verify`, so its form is known. */
export const CONTRACT = contract as unknown as Contract;

/** A member with its binding: most are named by their shape alone. */
export function toMember(member: string | Member): Member {
  return typeof member === 'string' ? { shape: member } : member;
}

/** @throws Error when no such shape is in the contract, which is a mistake of the program */
export function getShape(name: string): Shape {
  const shape = CONTRACT.shapes[name];
  if (shape === undefined) throw new Error(`the contract has no shape ${name}`);
  return shape;
}

/** @throws Error when it is no structure, which is a mistake of the program */
export function getStructure(name: string): StructureShape {
  const shape = getShape(name);
  if (shape.type !== 'structure') throw new Error(`the shape ${name} is no structure`);
  return shape;
}

/** @throws Error when no such operation is in the contract, which is a mistake of the program */
export function getOperation(name: string): Operation {
  const operation = CONTRACT.operations[name];
  if (operation === undefined) throw new Error(`the contract has no operation ${name}`);
  return operation;
}
