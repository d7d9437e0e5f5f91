import { printable } from './terminal.ts';

const COLUMN_GAP = '   ';

/** Lines of a table as kubectl prints it: columns as wide as their widest cell, no frame. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(printable));
  const widths: number[] = [];
  for (const row of cells) {
    for (const [index, cell] of row.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
    }
  }
  const lines = cells.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join(COLUMN_GAP)
      .trimEnd(),
  );
  return lines.map((line) => `${line}\n`).join('');
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A duration in the largest unit that fits twice: `90s`, `5m`, `3h`, `12d`. */
export function formatAge(ageMs: number): string {
  if (!Number.isFinite(ageMs)) return '<unknown>';
  const age = Math.max(0, ageMs);
  if (age < 2 * MINUTE_MS) return `${Math.floor(age / SECOND_MS).toString()}s`;
  if (age < 2 * HOUR_MS) return `${Math.floor(age / MINUTE_MS).toString()}m`;
  if (age < 2 * DAY_MS) return `${Math.floor(age / HOUR_MS).toString()}h`;
  return `${Math.floor(age / DAY_MS).toString()}d`;
}
