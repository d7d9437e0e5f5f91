import { toPolicyStatement, type Permission, type PolicyStatement } from '@mayfly/core';

/**
 * A policy as PutResourcePolicy and GetResourcePolicy answer it. Where GetPolicy has its own id and `AWS:` before condition
 * keys, this has what IAM's documents have: tools compare what they put with what they read.
 */
export function toResourcePolicyDocument(
  permissions: readonly Permission[],
  resourceArn: string,
): string {
  const statements = permissions.map((each) => {
    const { Condition, ...statement } = toPolicyStatement(each, resourceArn);
    return {
      ...statement,
      ...(Condition === undefined ? {} : { Condition: toIamKeys(Condition) }),
    };
  });
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}

function toIamKeys(condition: NonNullable<PolicyStatement['Condition']>): object {
  const toIamKey = (key: string): string => key.replace(/^AWS:/, 'aws:');
  return Object.fromEntries(
    Object.entries(condition).map(([operator, keys]) => [
      operator,
      Object.fromEntries(Object.entries(keys).map(([key, value]) => [toIamKey(key), value])),
    ]),
  );
}
