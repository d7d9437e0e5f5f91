import { LambdaError } from './errors.ts';

/** The qualifier of the mutable state of a function. */
export const LATEST = '$LATEST';

/** What a caller named: a function, and optionally which account, region and qualifier. */
export interface FunctionReference {
  readonly functionName: string;
  readonly qualifier: string | undefined;
  readonly accountId: string | undefined;
  readonly region: string | undefined;
}

/** Where a function lives. `accountId` has 12 digits. */
export interface FunctionLocation {
  readonly region: string;
  readonly accountId: string;
  readonly functionName: string;
}

const NAME = /^[a-zA-Z0-9-_]+$/;
const QUALIFIER = /^(\$LATEST|[a-zA-Z0-9-_$]+)$/;
const MAX_REFERENCE_LENGTH = 170;
const MAX_NAME_LENGTH = 64;
// Name, `account:function:name`, `arn:aws:lambda:region:account:function:name`; each with an optional qualifier.
const REFERENCE =
  /^(?:arn:(?<partition>aws[a-zA-Z-]*):lambda:(?<region>[a-z]{2}(?:-[a-z]+)+-\d):)?(?:(?<account>\d{12}):)?(?:function:)?(?<name>[a-zA-Z0-9-_]+)(?::(?<qualifier>\$LATEST|[a-zA-Z0-9-_$]+))?$/;
const REFERENCE_PATTERN =
  '(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?';

/** AWS's sentence for one input that breaks a constraint of the service model. */
export function validationError(value: string, member: string, constraint: string): LambdaError {
  return new LambdaError(
    'ValidationException',
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: ${constraint}`,
  );
}

/**
 * Reads the `FunctionName` of a request (name, partial ARN or ARN) together with its `Qualifier`.
 * @throws LambdaError `ValidationException` when it is none of the three, `InvalidParameterValueException`
 *   when name and qualifier contradict each other.
 */
export function parseFunctionReference(value: string, qualifier?: string): FunctionReference {
  if (value.length > MAX_REFERENCE_LENGTH) {
    throw validationError(
      value,
      'functionName',
      `Member must have length less than or equal to ${MAX_REFERENCE_LENGTH.toString()}`,
    );
  }
  const groups = REFERENCE.exec(value)?.groups;
  const name = groups?.['name'];
  if (groups === undefined || name === undefined) {
    throw validationError(
      value,
      'functionName',
      `Member must satisfy regular expression pattern: ${REFERENCE_PATTERN}`,
    );
  }
  if (name.length > MAX_NAME_LENGTH) {
    throw validationError(
      name,
      'functionName',
      `Member must have length less than or equal to ${MAX_NAME_LENGTH.toString()}`,
    );
  }
  return {
    functionName: name,
    qualifier: mergeQualifiers(groups['qualifier'], qualifier),
    accountId: groups['account'],
    region: groups['region'],
  };
}

function mergeQualifiers(
  inName: string | undefined,
  given: string | undefined,
): string | undefined {
  if (given !== undefined && (given.length > 128 || !QUALIFIER.test(given))) {
    throw validationError(
      given,
      'qualifier',
      'Member must satisfy regular expression pattern: (|[a-zA-Z0-9$_-]+)',
    );
  }
  if (inName !== undefined && given !== undefined && inName !== given) {
    throw new LambdaError(
      'InvalidParameterValueException',
      'The derived qualifier from the function name does not match the specified qualifier.',
    );
  }
  return given ?? inName;
}

/** True when the text can be the `FunctionName` of a new function. */
export function isFunctionName(value: string): boolean {
  return NAME.test(value) && value.length <= MAX_NAME_LENGTH;
}

/** `arn:aws:lambda:<region>:<account>:function:<name>[:<qualifier>]`. */
export function makeFunctionArn(location: FunctionLocation, qualifier?: string): string {
  const arn = `arn:aws:lambda:${location.region}:${location.accountId}:function:${location.functionName}`;
  return qualifier === undefined ? arn : `${arn}:${qualifier}`;
}
