import type { AssignedCode, Assignment } from '@mayfly/core';

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string' && value !== '';
const isPositive: Check = (value) => Number.isSafeInteger(value) && Number(value) > 0;

const isTextMap: Check = (value) =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((text) => typeof text === 'string');

const isCommand: Check = (value) =>
  Array.isArray(value) &&
  isText(value[0]) &&
  value.every((argument) => typeof argument === 'string');

const isTextList: Check = (value) => Array.isArray(value) && value.every(isText);

const isSource: Check = (value) => {
  const source = value as Partial<Record<string, unknown>> | null | undefined;
  if (source?.['kind'] === 'inline') return isText(source['archiveBase64']);
  const url = source?.['url'];
  return source?.['kind'] === 'url' && typeof url === 'string' && /^https?:/.test(url);
};

const isCode: Check = (value) => {
  const code = value as Partial<Record<keyof AssignedCode, unknown>> | null;
  return isText(code?.codeSha256) && isPositive(code?.codeSize) && isSource(code?.source);
};

const isCodeList: Check = (value) => Array.isArray(value) && value.every(isCode);

function isAbsentOr(check: Check): Check {
  return (value) => value === undefined || check(value);
}

function isOneOf(...allowed: readonly string[]): Check {
  return (value) => typeof value === 'string' && allowed.includes(value);
}

const CHECKS: Readonly<Record<keyof Assignment, Check>> = {
  functionName: isText,
  version: isText,
  region: isText,
  accountId: isText,
  runtime: isAbsentOr(isText),
  handler: isAbsentOr(isText),
  memorySizeMb: isPositive,
  timeoutMs: isPositive,
  initTimeoutMs: isPositive,
  initializationType: isOneOf('on-demand', 'provisioned-concurrency'),
  environmentVariables: isTextMap,
  logFormat: isOneOf('Text', 'JSON'),
  logGroup: isAbsentOr(isText),
  applicationLogLevel: isAbsentOr(isText),
  logStreamName: isText,
  taskRoot: isText,
  workingDirectory: isAbsentOr(isText),
  runtimeDir: isText,
  command: isCommand,
  commandCandidates: isAbsentOr(isTextList),
  presetVariables: isTextMap,
  executionEnvironmentId: isAbsentOr(isText),
  code: isAbsentOr(isCode),
  layers: isAbsentOr(isCodeList),
  layersRoot: isAbsentOr(isText),
};

/** An assignment, or what is wrong with it. */
export type ParsedAssignment =
  | { readonly kind: 'parsed'; readonly assignment: Assignment }
  | { readonly kind: 'invalid'; readonly message: string };

/** Reads the body of an assignment request; names every member that is missing or wrong. */
export function parseAssignment(body: Buffer): ParsedAssignment {
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch {
    return { kind: 'invalid', message: 'the assignment is not JSON' };
  }
  if (typeof value !== 'object' || value === null) {
    return { kind: 'invalid', message: 'the assignment is not an object' };
  }
  const members = new Map<string, unknown>(Object.entries(value));
  const wrong = Object.entries(CHECKS).filter(([name, check]) => !check(members.get(name)));
  if (wrong.length > 0) {
    const names = wrong.map(([name]) => name).join(', ');
    return { kind: 'invalid', message: `missing or wrong members of the assignment: ${names}` };
  }
  // Every member has just been checked.
  return { kind: 'parsed', assignment: value as Assignment };
}
