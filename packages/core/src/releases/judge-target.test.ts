import { aPublishedVersion, anActiveFunction, anAlias } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { judgeTarget } from './judge-target.ts';
import type { ReleaseFacts } from './published-versions.ts';

const ACCOUNT = { region: 'eu-west-1', accountId: '000000000000' };
const FACTS: ReleaseFacts = {
  fn: anActiveFunction(),
  versions: [aPublishedVersion(1)],
  aliases: [anAlias()],
};

function judge(qualifier: string | undefined, facts: Partial<ReleaseFacts> = {}) {
  return judgeTarget({ functionName: 'hello', qualifier }, { ...FACTS, ...facts }, ACCOUNT);
}

describe('judgeTarget', () => {
  it.for([undefined, '$LATEST', '1', 'live'])('finds %s', (qualifier, { expect }) => {
    expect(judge(qualifier)).toBeUndefined();
  });

  it.for([
    ['2', 'VersionNotFound'],
    ['test', 'AliasNotFound'],
  ] as const)("misses %s, in Lambda's words", ([qualifier, reason], { expect }) => {
    const message = `Function not found: arn:aws:lambda:eu-west-1:000000000000:function:hello:${qualifier}`;
    expect(judge(qualifier)).toEqual({ reason, message });
  });

  it('misses everything of a function that is not there, or is being deleted', ({ expect }) => {
    const fn = anActiveFunction();
    const metadata = { ...fn.metadata, deletionTimestamp: '2026-01-02T00:00:00Z' };
    for (const found of [undefined, { ...fn, metadata }]) {
      expect(judge(undefined, { fn: found })).toEqual({
        reason: 'FunctionNotFound',
        message: 'Function not found: arn:aws:lambda:eu-west-1:000000000000:function:hello',
      });
    }
  });
});
