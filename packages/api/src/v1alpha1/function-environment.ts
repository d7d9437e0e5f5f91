import { z } from 'zod';
import { byteLength } from './byte-length.ts';
import { EnvironmentFrom } from './function-pod.ts';
import { isReservedVariable, RESERVED_VARIABLES } from './reserved-variables.ts';
import { withRules } from './rules.ts';
import type { ValueRule } from './rules.ts';

type Variables = Readonly<Record<string, string>>;

/** Total of all keys and values in bytes, as Lambda counts it. */
const MAX_VARIABLES_BYTES = 4096;
/** The smallest entry is a key of two letters without a value, so 4 KB hold no more. */
const MAX_VARIABLES = MAX_VARIABLES_BYTES / 2;
const KEY = /^[a-zA-Z][a-zA-Z0-9_]+$/;
const RESERVED_AS_CEL = RESERVED_VARIABLES.map((name) => `'${name}'`).join(', ');

function badKeys(self: Variables): readonly string[] {
  return Object.keys(self).filter((key) => !KEY.test(key));
}

function reservedKeys(self: Variables): readonly string[] {
  return Object.keys(self).filter(isReservedVariable);
}

function totalBytes(self: Variables): number {
  return Object.entries(self).reduce(
    (sum, [key, value]) => sum + byteLength(key) + byteLength(value),
    0,
  );
}

/** What the keys and values of `environment.variables` must obey together. */
export const VARIABLES_RULES: readonly ValueRule<Variables>[] = [
  {
    rule: `self.all(k, k.matches('${KEY.source}'))`,
    message: 'keys must start with a letter and hold at least two letters, digits or _',
    holds: (self) => badKeys(self).length === 0,
    explain: (self) =>
      `keys must start with a letter and hold at least two letters, digits or _ (got ${list(badKeys(self))})`,
  },
  {
    rule: `self.all(k, !(k in [${RESERVED_AS_CEL}]))`,
    message: 'must not set a variable that the platform sets',
    holds: (self) => reservedKeys(self).length === 0,
    explain: (self) =>
      `must not set a variable that the platform sets (got ${list(reservedKeys(self))})`,
  },
  {
    rule: `self.map(k, size(bytes(k)) + size(bytes(self[k]))).sum() <= ${MAX_VARIABLES_BYTES.toString()}`,
    message: `keys and values must be at most ${MAX_VARIABLES_BYTES.toString()} bytes in all`,
    holds: (self) => totalBytes(self) <= MAX_VARIABLES_BYTES,
    explain: (self) =>
      `keys and values must be at most ${MAX_VARIABLES_BYTES.toString()} bytes in all (got ${totalBytes(self).toString()})`,
  },
];

function list(keys: readonly string[]): string {
  return keys
    .slice(0, 3)
    .map((key) => JSON.stringify(key.slice(0, 64)))
    .join(', ');
}

const VariablesSchema = withRules(
  z.record(z.string(), z.string().max(MAX_VARIABLES_BYTES)),
  VARIABLES_RULES,
)
  .meta({ maxProperties: MAX_VARIABLES })
  .describe(
    'Environment variables of the function. Keys match [a-zA-Z][a-zA-Z0-9_]+; names that the platform sets ' +
      '(AWS_REGION, AWS_LAMBDA_FUNCTION_NAME, LAMBDA_TASK_ROOT …) are refused; keys and values are at most ' +
      `${MAX_VARIABLES_BYTES.toString()} bytes in all. A change makes a new revision.`,
  );

/** What the function finds in its environment. */
export const FunctionEnvironment = z
  .strictObject({ variables: VariablesSchema.optional(), from: EnvironmentFrom.optional() })
  .describe('What the function finds in its environment.');
