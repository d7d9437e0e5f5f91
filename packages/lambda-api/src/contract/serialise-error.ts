import { ERROR_CATALOGUE, type ErrorCode } from '../errors.ts';
import { HEADERS } from '../headers.ts';
import { CONTRACT, type StructureShape } from './contract.ts';
import type { ModelledErrorName } from './generated/lambda-2015-03-31.ts';
import { JSON_CONTENT_TYPE, type SerialisedAnswer } from './serialise-output.ts';
import { writeHeaders, writeJsonStructure } from './write-value.ts';

/** An error to be answered. `LambdaError` is one. */
export interface AnsweredError {
  readonly code: ErrorCode | ModelledErrorName;
  readonly message: string;
  /** Further members of its shape: `{ Reason: 'ConcurrentInvocationLimitExceeded' }`. */
  readonly members?: Readonly<Record<string, unknown>>;
}

/** How an error is answered. */
export interface ErrorBinding {
  readonly status: number;
  readonly fault: 'client' | 'service';
}

/** Errors of AWS's framework, which say nothing of a type, and spell the message with a capital. */
const CAPITAL_MESSAGE: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'SerializationException',
  'UnknownOperationException',
]);

/** Status and fault of an error: as the contract says it, else as the catalogue does. */
export function findErrorBinding(code: ErrorCode | ModelledErrorName): ErrorBinding {
  const modelled = findErrorShape(code)?.error;
  if (modelled !== undefined) return modelled;
  const { statusCode, fault } = isCatalogued(code)
    ? ERROR_CATALOGUE[code]
    : ERROR_CATALOGUE.ServiceException;
  return { status: statusCode, fault };
}

/** The answer for an error: members, spelling and status by the contract, where it knows the error. */
export function serialiseError({ code, message, members = {} }: AnsweredError): SerialisedAnswer {
  const { status, fault } = findErrorBinding(code);
  const shape = findErrorShape(code);
  const headers = { 'content-type': JSON_CONTENT_TYPE, [HEADERS.errorType]: code };
  if (shape === undefined) {
    const spelling = CAPITAL_MESSAGE.has(code) ? 'Message' : 'message';
    return { status, headers, body: JSON.stringify({ [spelling]: message }) };
  }
  const spelling = 'Message' in shape.members ? 'Message' : 'message';
  const said = {
    ...members,
    Type: fault === 'client' ? 'User' : 'Service',
    [spelling]: message,
  };
  return {
    status,
    headers: { ...headers, ...writeHeaders(shape, said) },
    body: JSON.stringify(writeJsonStructure(shape, said)),
  };
}

function findErrorShape(code: string): StructureShape | undefined {
  const shape = Object.hasOwn(CONTRACT.shapes, code) ? CONTRACT.shapes[code] : undefined;
  return shape?.type === 'structure' && shape.error !== undefined ? shape : undefined;
}

function isCatalogued(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CATALOGUE, code);
}
