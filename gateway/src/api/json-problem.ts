import { isUtf8 } from 'node:buffer';

const MAX_EXCERPT_LENGTH = 500;
/** `Unexpected token 'x', ..."10 before x10 after"... is not valid JSON` */
const QUOTED =
  /^Unexpected token '(?<token>.+?)', (?<before>\.\.\.)?"(?<quoted>.*)"(?:\.\.\.)? is not valid JSON$/su;
const QUOTED_BEFORE_TOKEN = 10;

/** Says why the bytes are no JSON, in the words of AWS's parser; undefined when they are. */
export function findJsonProblem(payload: Buffer): string | undefined {
  if (!isUtf8(payload)) return 'Invalid UTF-8 in the request body';
  const text = payload.toString();
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return describe(text, error instanceof Error ? error.message : '');
  }
}

function describe(text: string, problem: string): string {
  const position = findPosition(text, problem);
  return `${describeToken(text, position, problem)}\n at [Source: (byte[])"${excerptOf(text)}"; ${placeOf(text, position)}]`;
}

function describeToken(text: string, position: number, problem: string): string {
  if (position >= text.length) return 'Unexpected end-of-input';
  if (problem.startsWith('Unterminated string')) {
    return 'Unexpected end-of-input: was expecting closing quote for a string value';
  }
  const word = /^[A-Za-z_$][\w$]*/.exec(text.slice(position, position + MAX_EXCERPT_LENGTH))?.[0];
  if (word !== undefined) {
    return `Unrecognized token '${word}': was expecting ('true', 'false' or 'null')`;
  }
  const code = text.codePointAt(position) ?? 0;
  return `Unexpected character ('${String.fromCodePoint(code)}' (code ${code.toString()})): expected a valid value (number, String, array, object, 'true', 'false' or 'null')`;
}

/** V8 names the position in some of its sentences, and in others the token with its surroundings. */
function findPosition(text: string, problem: string): number {
  if (problem.startsWith('Unexpected end')) return text.length;
  const named = /at position (\d+)/.exec(problem)?.[1];
  if (named !== undefined) {
    return Number(named) >= text.length ? text.length : startOfWord(text, Number(named));
  }
  return startOfWord(text, findQuotedToken(text, QUOTED.exec(problem)?.groups ?? {}));
}

function findQuotedToken(text: string, groups: Readonly<Record<string, string>>): number {
  const { token = '', before, quoted = '' } = groups;
  // Short texts are quoted whole; the beginning of a long one too, when the token is in it.
  return before === undefined
    ? findToken(quoted, token)
    : text.indexOf(quoted) + QUOTED_BEFORE_TOKEN;
}

/** Where a short text stops being the beginning of JSON. */
function findToken(text: string, token: string): number {
  for (let index = text.indexOf(token); index >= 0; index = text.indexOf(token, index + 1)) {
    if (cannotGoOn(text, index)) return index;
  }
  return 0;
}

function cannotGoOn(text: string, index: number): boolean {
  try {
    JSON.parse(text.slice(0, index + 1));
    return false;
  } catch (error) {
    return error instanceof Error && error.message.startsWith('Unexpected token');
  }
}

function startOfWord(text: string, position: number): number {
  let start = position;
  while (start > 0 && /[\w$]/.test(text[start - 1] ?? '')) start -= 1;
  return start;
}

function excerptOf(text: string): string {
  if (text.length <= MAX_EXCERPT_LENGTH) return text;
  const rest = text.length - MAX_EXCERPT_LENGTH;
  return `${text.slice(0, MAX_EXCERPT_LENGTH)}"[truncated ${rest.toString()} characters]`;
}

function placeOf(text: string, position: number): string {
  const before = text.slice(0, position).split('\n');
  const column = (before.at(-1) ?? '').length + 1;
  return `line: ${before.length.toString()}, column: ${column.toString()}`;
}
