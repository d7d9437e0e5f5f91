import { makeCodeSigningConfigArn } from '@mayfly/lambda-api';
import type { Account } from '../releases/judge-alias.ts';
import { computeFnv1a64 } from '../routing/fnv1a64.ts';

/** What the Lambda API takes for an id. */
const ID = /^csc-[a-z0-9]{17}$/;
const ID_DIGITS = 17;

interface Named {
  readonly metadata: { readonly name: string };
}

/**
 * The id of a code signing config in the Lambda API: its name, where that is an id, else made of its name. A manifest
 * that names it by its ARN holds wherever it is applied, which it would not by the object's uid.
 */
export function codeSigningConfigIdOf({ metadata: { name } }: Named): string {
  if (ID.test(name)) return name;
  return `csc-${computeFnv1a64(name).toString(16).padStart(ID_DIGITS, '0')}`;
}

/** The ARN that functions name it by. */
export function codeSigningConfigArnOf(config: Named, account: Account): string {
  const codeSigningConfigId = codeSigningConfigIdOf(config);
  return makeCodeSigningConfigArn({ ...account, codeSigningConfigId });
}
