import type { z } from 'zod';
import { suggestName } from './suggest.ts';

type Issue = z.core.$ZodIssue;

const MAX_SHOWN_LENGTH = 40;

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'a string',
  int: 'a whole number',
  // Every number of ours is whole; zod says `number` when the value is none at all.
  number: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
};

/** Shows what was given, short enough for one line. */
function showValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(shorten(value));
  if (value === null || typeof value === 'number' || typeof value === 'boolean') {
    return String(value);
  }
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : typeof value;
}

function shorten(text: string): string {
  return text.length > MAX_SHOWN_LENGTH ? `${text.slice(0, MAX_SHOWN_LENGTH)}…` : text;
}

/** Says what is wrong with a value, fit to stand after the field's name. */
export function describeIssue(issue: Issue, value: unknown): string {
  if (issue.code === 'invalid_type') return describeType(issue.expected, value);
  if (issue.code === 'too_big') return describeBound('at most', Number(issue.maximum), value);
  if (issue.code === 'too_small') return describeBound('at least', Number(issue.minimum), value);
  if (issue.code === 'invalid_value') return describeChoice(issue.values.map(String), value);
  // The schemas give a sentence of their own to every pattern.
  if (issue.code === 'invalid_format') return `${issue.message} (got ${showValue(value)})`;
  return issue.message;
}

function describeType(expected: string, value: unknown): string {
  if (value === undefined) return 'is required';
  const hint =
    expected === 'string' && ['number', 'boolean'].includes(typeof value)
      ? '; put it in quotes'
      : '';
  return `must be ${TYPE_NAMES[expected] ?? expected} (got ${showValue(value)})${hint}`;
}

function describeBound(relation: 'at most' | 'at least', bound: number, value: unknown): string {
  if (typeof value === 'string') {
    if (value === '') return 'must not be empty';
    return `must be ${relation} ${count(bound, 'character')} (got ${value.length.toString()})`;
  }
  if (Array.isArray(value)) {
    return `must have ${relation} ${count(bound, 'item')} (got ${value.length.toString()})`;
  }
  return `must be ${relation} ${bound.toString()} (got ${showValue(value)})`;
}

function count(amount: number, noun: string): string {
  return `${amount.toString()} ${noun}${amount === 1 ? '' : 's'}`;
}

function describeChoice(choices: readonly string[], value: unknown): string {
  if (value === undefined) return 'is required';
  const [only, ...others] = choices;
  const wanted = only !== undefined && others.length === 0 ? only : `one of ${choices.join(', ')}`;
  const near = typeof value === 'string' ? suggestName(value, choices) : undefined;
  const hint = near === undefined || others.length === 0 ? '' : `; did you mean ${near}?`;
  return `must be ${wanted} (got ${showValue(value)})${hint}`;
}
