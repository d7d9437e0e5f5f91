import { isLambdaError, LambdaError } from '../errors.ts';
import type { EnumValues } from './constraints.ts';
import {
  getOperation,
  getShape,
  getStructure,
  toMember,
  type Member,
  type StructureShape,
} from './contract.ts';
import type { OperationInputs, OperationName } from './generated/lambda-2015-03-31.ts';
import { readJson, readJsonStructure, readText, serializationError } from './read-value.ts';
import { validateStructure, type InputProblem } from './validate-value.ts';

/** What a request says, in the parts that HTTP has. */
export interface RequestParts {
  /** Decoded, as `matchOperation` gives them. */
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array | undefined;
}

/** What became of a request. */
export type ParsedInput<O extends OperationName = OperationName> =
  | { readonly kind: 'parsed'; readonly input: OperationInputs[O] }
  /** Every member could be read; these break constraints. */
  | { readonly kind: 'invalid'; readonly problems: readonly InputProblem[] }
  /** A part of the request could not be read at all. */
  | { readonly kind: 'unreadable'; readonly error: LambdaError };

/** What differs on this platform from the contract. */
export interface ParseOptions {
  /** By the name of the shape: `{ Runtime: ['nodejs24.x'] }`. */
  readonly enumValues?: EnumValues;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads the input of an operation out of a request and checks it against the contract, in AWS's words. Members that
 * the contract does not know are left out. Never throws for what a request says.
 */
export function parseInput<O extends OperationName>(
  operation: O,
  request: RequestParts,
  options: ParseOptions = {},
): ParsedInput<O> {
  const { input: shapeName } = getOperation(operation);
  if (shapeName === undefined) return { kind: 'parsed', input: {} as OperationInputs[O] };
  try {
    const input = readMembers(getStructure(shapeName), request);
    const problems = validateStructure(shapeName, input, options.enumValues);
    // The contract was met, and the types are made of it.
    if (problems.length === 0)
      return { kind: 'parsed', input: input as unknown as OperationInputs[O] };
    return { kind: 'invalid', problems };
  } catch (error) {
    if (!isLambdaError(error)) throw error;
    return { kind: 'unreadable', error };
  }
}

/** The error of a request that was not parsed: `2 validation errors detected: …; …`. */
export function toInputError(
  parsed: Exclude<ParsedInput, { readonly kind: 'parsed' }>,
): LambdaError {
  if (parsed.kind === 'unreadable') return parsed.error;
  const { problems } = parsed;
  const noun = problems.length === 1 ? 'error' : 'errors';
  return new LambdaError(
    'ValidationException',
    `${problems.length.toString()} validation ${noun} detected: ${problems.map(toSentence).join('; ')}`,
  );
}

function toSentence({ member, value, constraint }: InputProblem): string {
  const shown = value === undefined ? '' : `${value} `;
  return `Value ${shown}at '${member}' failed to satisfy constraint: ${constraint}`;
}

function readMembers(
  shape: StructureShape,
  request: RequestParts,
): Readonly<Record<string, unknown>> {
  const outside = Object.entries(shape.members).flatMap(([name, binding]) => {
    const value = readOutside(name, toMember(binding), request);
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(outside), ...readBody(shape, request.body) };
}

/** A member in the path, the query or a header. */
function readOutside(name: string, member: Member, request: RequestParts): unknown {
  const wireName = member.name ?? name;
  if (member.in === 'uri') return readFirst(member, request.pathParameters[wireName]);
  if (member.in === 'query') return readQuery(member, request.query[wireName]);
  if (member.in === 'header') return readFirst(member, request.headers[wireName.toLowerCase()]);
  return undefined;
}

function readQuery(member: Member, found: string | readonly string[] | undefined): unknown {
  const shape = getShape(member.shape);
  if (shape.type !== 'list') return readFirst(member, found);
  if (found === undefined) return undefined;
  const texts = typeof found === 'string' ? [found] : found;
  return texts.map((text) => readText(getShape(shape.member), text));
}

/** An empty text says nothing: clients leave out what they do not say, and some write it empty. */
function readFirst(member: Member, found: string | readonly string[] | undefined): unknown {
  const text = typeof found === 'string' ? found : found?.[0];
  return text === undefined || text === '' ? undefined : readText(getShape(member.shape), text);
}

function readBody(
  shape: StructureShape,
  body: Uint8Array | undefined,
): Readonly<Record<string, unknown>> {
  const payload = shape.payload === undefined ? undefined : shape.members[shape.payload];
  const isEmpty = body === undefined || body.byteLength === 0;
  if (shape.payload !== undefined && payload !== undefined) {
    if (isEmpty) return {};
    const { shape: name } = toMember(payload);
    const isBytes = getShape(name).type === 'blob';
    return { [shape.payload]: isBytes ? body : readJson(name, parseJson(body)) };
  }
  if (isEmpty || !hasBody(shape)) return {};
  return readJsonStructure(shape, parseJson(body));
}

function hasBody(shape: StructureShape): boolean {
  return Object.values(shape.members).some((member) => toMember(member).in === undefined);
}

/** differs from Lambda: its answer says nothing of why. */
function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(UTF8.decode(body));
  } catch {
    throw serializationError('Could not parse request body into json.');
  }
}
