import { InvalidArgumentError, Option } from 'commander';

/** Reads a whole number from 0. */
export function parseCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 0.');
  return Number(text);
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const DURATION = /^(?<amount>\d{1,9})(?<unit>ms|s|m|h)?$/;

/** Reads `500ms`, `60s`, `2m`, `1h`, or a number of seconds; gives milliseconds. */
export function parseDurationMs(text: string): number {
  const groups = DURATION.exec(text)?.groups;
  const unitMs = UNITS_MS[groups?.['unit'] ?? 's'];
  if (groups === undefined || unitMs === undefined) {
    throw new InvalidArgumentError('It must be a duration such as 30s or 2m.');
  }
  return Number(groups['amount']) * unitMs;
}

/** Collects the values of an option that may be given more than once. */
export function appendText(value: string, previous?: readonly string[]): readonly string[] {
  return [...(previous ?? []), value];
}

/** `--timeout`: how long a command waits for the platform to have done what it was told. Milliseconds. */
export function makeWaitTimeoutOption(): Option {
  return new Option('--timeout <duration>', 'how long to wait, such as 30s or 2m')
    .argParser(parseDurationMs)
    .default(60_000, '60s');
}
