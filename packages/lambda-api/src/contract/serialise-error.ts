import { ERROR_CATALOGUE, type ErrorCode } from '../errors.ts';
import { HEADERS } from '../headers.ts';
import { CONTRACT, type StructureShape } from './contract.ts';
import { JSON_CONTENT_TYPE, type SerialisedAnswer } from './serialise-output.ts';
import { writeHeaders, writeJsonStructure } from './write-value.ts';

/** An error to be answered. A `LambdaError` is one. */
export interface AnsweredError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly reason?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
  /** Further members of its shape: `{ EC2ErrorCode: 'UnauthorizedOperation' }`. */
  readonly members?: Readonly<Record<string, unknown>>;
}

/** Errors of AWS's framework, which say nothing of a type, and spell the message with a capital. */
const CAPITAL_MESSAGE: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'SerializationException',
  'UnknownOperationException',
]);

/** The answer for an error: members and their spelling by the contract, where it knows the error. */
export function serialiseError(error: AnsweredError): SerialisedAnswer {
  const { code, message, reason, retryAfterSeconds, members } = error;
  const { statusCode, fault } = ERROR_CATALOGUE[code];
  const shape = findErrorShape(code);
  const headers = {
    'content-type': JSON_CONTENT_TYPE,
    [HEADERS.errorType]: code,
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': retryAfterSeconds.toString() }),
  };
  if (shape === undefined) {
    const spelling = CAPITAL_MESSAGE.has(code) ? 'Message' : 'message';
    return { status: statusCode, headers, body: JSON.stringify({ [spelling]: message }) };
  }
  const said = {
    ...members,
    Reason: reason,
    Type: fault === 'client' ? 'User' : 'Service',
    ['Message' in shape.members ? 'Message' : 'message']: message,
  };
  return {
    status: statusCode,
    headers: { ...headers, ...writeHeaders(shape, said) },
    body: JSON.stringify(writeJsonStructure(shape, said)),
  };
}

function findErrorShape(code: string): StructureShape | undefined {
  const shape = Object.hasOwn(CONTRACT.shapes, code) ? CONTRACT.shapes[code] : undefined;
  return shape?.type === 'structure' && shape.error !== undefined ? shape : undefined;
}
