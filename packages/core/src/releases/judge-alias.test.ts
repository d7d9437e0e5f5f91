import { aPublishedVersion, aServedRevision, anActiveFunction, anAlias } from '@mayfly/testkit';
import type { AliasSpec } from '@mayfly/api';
import { describe, it } from 'vitest';
import { judgeAlias } from './judge-alias.ts';
import type { ReleaseFacts } from './published-versions.ts';

const ACCOUNT = { region: 'eu-west-1', accountId: '000000000000' };
const reader = aServedRevision('reader', { serviceAccountName: 'reader' });
const FACTS: ReleaseFacts = {
  fn: anActiveFunction(),
  versions: [aPublishedVersion(1), aPublishedVersion(2), aPublishedVersion(3, reader)],
  aliases: [],
};

function judge(spec: Partial<AliasSpec>, facts: Partial<ReleaseFacts> = {}) {
  return judgeAlias(anAlias({ spec }), { ...FACTS, ...facts }, ACCOUNT);
}

function weights(additionalVersionWeights: Record<string, number>): Partial<AliasSpec> {
  return { routingConfig: { additionalVersionWeights } };
}

describe('judgeAlias', () => {
  const url = { authType: 'NONE', invokeMode: 'BUFFERED' } as const;
  it.for([
    [{}, { functionVersion: '1' }],
    [{ functionVersion: '$LATEST' }, { functionVersion: '$LATEST' }],
    [weights({}), { functionVersion: '1' }],
    [
      { ...weights({ 2: 0.25 }), url },
      { functionVersion: '1', additionalVersion: { version: '2', weight: 0.25 }, url },
    ],
  ] as const)('routes %j', ([spec, routing], { expect }) => {
    expect(judge(spec)).toEqual({ kind: 'good', routing });
  });

  const arn = 'Function not found: arn:aws:lambda:eu-west-1:000000000000:function:hello';
  it.for([
    [{ functionVersion: '7' }, 'VersionNotFound', `${arn}:7`],
    [{ functionVersion: '01' }, 'VersionNotFound', `${arn}:01`],
    [weights({ 8: 0.5 }), 'VersionNotFound', `${arn}:8`],
    [weights({ 3: 0.5 }), 'ServiceAccountsDiffer', 'version 3 is reader'],
  ] as const)('refuses %j', ([spec, reason, text], { expect }) => {
    expect(judge(spec)).toMatchObject({
      kind: 'refused',
      reason,
      message: expect.stringContaining(text) as string,
    });
  });

  it('refuses without a function', ({ expect }) => {
    expect(judge({}, { fn: undefined })).toEqual({
      kind: 'refused',
      reason: 'FunctionNotFound',
      message: arn,
    });
  });

  it('waits for a function that serves nothing yet', ({ expect }) => {
    const { status: _status, ...fn } = anActiveFunction();
    expect(judge({ functionVersion: '$LATEST' }, { fn })).toMatchObject({ kind: 'waiting' });
  });

  it('gives a name to the older of two', ({ expect }) => {
    const older = anAlias({
      metadata: { name: 'older', creationTimestamp: '2025-01-01T00:00:00Z' },
    });
    expect(judge({}, { aliases: [older, anAlias()] })).toMatchObject({ reason: 'AliasNameTaken' });
    const facts = { ...FACTS, aliases: [older, anAlias()] };
    expect(judgeAlias(older, facts, ACCOUNT)).toMatchObject({ kind: 'good' });
    expect(judge({ name: 'beta' }, { aliases: [older] })).toMatchObject({ kind: 'good' });
  });

  it('rolls out no version with another service account', ({ expect }) => {
    const rollout = { type: 'Canary', stepPercentage: 10, intervalSeconds: 60 } as const;
    const alias = anAlias({ spec: { rollout, functionVersion: '3' } });
    const routed = { ...alias, status: { conditions: [], routing: { functionVersion: '1' } } };
    expect(judgeAlias(routed, FACTS, ACCOUNT)).toMatchObject({
      kind: 'refused',
      reason: 'ServiceAccountsDiffer',
      message:
        'Both versions of an alias must have the same serviceAccountName: that of version 1 is none, that of version 3 is reader.',
    });
    // The first one has nothing beside it; nor has one that comes all at once.
    expect(judgeAlias(alias, FACTS, ACCOUNT)).toMatchObject({ kind: 'good' });
    const { rollout: _rollout, ...spec } = routed.spec;
    expect(judgeAlias({ ...routed, spec }, FACTS, ACCOUNT)).toMatchObject({ kind: 'good' });
  });
});
