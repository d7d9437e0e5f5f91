import { LATEST, makeFunctionArn, type FunctionReference } from '@mayfly/lambda-api';
import { listPublished, type ReleaseFacts } from './published-versions.ts';
import type { Account } from './judge-alias.ts';

/** Why nothing can be invoked by a name. */
export interface MissingTarget {
  readonly reason: 'FunctionNotFound' | 'VersionNotFound' | 'AliasNotFound';
  /** Lambda's sentence. */
  readonly message: string;
}

/** Judges what an event source mapping names. Undefined: there is something to invoke. */
export function judgeTarget(
  { functionName, qualifier }: Pick<FunctionReference, 'functionName' | 'qualifier'>,
  facts: ReleaseFacts,
  account: Account,
): MissingTarget | undefined {
  const message = `Function not found: ${makeFunctionArn({ ...account, functionName }, qualifier)}`;
  if (facts.fn === undefined || facts.fn.metadata.deletionTimestamp !== undefined) {
    return { reason: 'FunctionNotFound', message };
  }
  if (qualifier === undefined || qualifier === LATEST) return undefined;
  if (/^\d+$/.test(qualifier)) {
    const isThere = listPublished(facts.versions).some(
      ({ number }) => number.toString() === qualifier,
    );
    return isThere ? undefined : { reason: 'VersionNotFound', message };
  }
  const isThere = facts.aliases.some(({ spec }) => spec.name === qualifier);
  return isThere ? undefined : { reason: 'AliasNotFound', message };
}
