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
  if (source?.['kind'] === 'attached') return true;
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

const NEWLINE = 0x0a;

/**
 * Reads the body of an assignment request, as `encodeAssignment` writes it; names every member that is missing or wrong.
 */
export function parseAssignment(body: Buffer): ParsedAssignment {
  const line = body.indexOf(NEWLINE);
  const head = line === -1 ? body : body.subarray(0, line);
  let value: unknown;
  try {
    value = JSON.parse(head.toString());
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
  return attachArchives(value as Assignment, body.subarray(head.length + 1));
}

/** Gives each archive that has come along to the code that it is of. */
function attachArchives(assignment: Assignment, archives: Buffer): ParsedAssignment {
  const { code, layers } = assignment;
  let at = 0;
  const attach = (to: AssignedCode): AssignedCode => {
    if (to.source.kind !== 'attached') return to;
    const archive = archives.subarray(at, at + to.codeSize);
    at += to.codeSize;
    return { ...to, source: { kind: 'attached', archive } };
  };
  const attached = {
    ...assignment,
    ...(code === undefined ? {} : { code: attach(code) }),
    ...(layers === undefined ? {} : { layers: layers.map(attach) }),
  };
  if (at === archives.length) return { kind: 'parsed', assignment: attached };
  const message = `the archives that come along have ${archives.length.toString()} bytes, not ${at.toString()}`;
  return { kind: 'invalid', message };
}
