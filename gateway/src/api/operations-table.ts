import { CONTRACT } from '@mayfly/lambda-api/contract';
import { INVOKE_PARTIAL } from './operations/invoke.ts';
import { OPERATIONS } from './operations/index.ts';

const BEGIN =
  '<!-- operations: made of gateway/src/api/operations by `make generate`; do not edit -->';
const END = '<!-- end of operations -->';

/** What is missing of the operations that are served; undefined: nothing. */
const SERVED = new Map<string, string | undefined>([
  ['Invoke', INVOKE_PARTIAL],
  ...OPERATIONS.map(({ name, partial }) => [name, partial] as const),
]);

/** Every operation of Lambda's service model, and whether it is served. */
export function makeOperationsTable(): string {
  const names = Object.keys(CONTRACT.operations).toSorted();
  const rows = names.map((name) => `| \`${name}\` | ${toCells(name)} |`);
  const counts = (['full', 'partial', 'absent'] as const).map((kind) => {
    const count = names.filter((name) => toCells(name).startsWith(kind)).length;
    return `${count.toString()} ${kind}`;
  });
  return [
    `Of ${names.length.toString()} operations: ${counts.join(', ')}.`,
    '',
    '| Operation | Served | What is missing |',
    '| --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function toCells(name: string): string {
  if (!SERVED.has(name)) return 'absent | ';
  const missing = SERVED.get(name);
  return missing === undefined ? 'full | ' : `partial | ${missing}`;
}

/** The page with the table as it is now. */
export function placeOperationsTable(page: string): string {
  const [before, rest] = splitAt(page, BEGIN);
  const [, after] = splitAt(rest, END);
  return `${before}${BEGIN}\n\n${makeOperationsTable()}\n\n${END}${after}`;
}

function splitAt(text: string, mark: string): readonly [before: string, after: string] {
  const at = text.indexOf(mark);
  if (at === -1) throw new Error(`docs/compatibility.md has no line ${mark}`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}
