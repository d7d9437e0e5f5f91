import { aPublishedVersion, aServedRevision, anActiveFunction, aVersion } from '@mayfly/testkit';
import { describe, it } from 'vitest';
import { judgeVersion } from './judge-version.ts';
import type { ReleaseFacts } from './published-versions.ts';

const FN = anActiveFunction();
const deleted = { deletionTimestamp: '2026-01-02T00:00:00Z' };

function judge(
  spec: Parameters<typeof aVersion>[0] = {},
  facts: Partial<ReleaseFacts> = {},
): ReturnType<typeof judgeVersion> {
  return judgeVersion(aVersion(spec), { fn: FN, versions: [], aliases: [], ...facts });
}

describe('judgeVersion', () => {
  it('publishes what the function serves', ({ expect }) => {
    const snapshot = FN.status?.served;
    expect(judge()).toEqual({ kind: 'publish', snapshot, atLeast: 0 });
  });

  it('numbers above every version there is and was', ({ expect }) => {
    const versions = [aPublishedVersion(4, aServedRevision('other')), aPublishedVersion(2)];
    expect(judge({}, { versions })).toMatchObject({ kind: 'publish', atLeast: 4 });
    const fn = anActiveFunction(aServedRevision(), {
      status: { latestVersion: '9', conditions: [] },
    });
    expect(judge({}, { fn, versions })).toMatchObject({ kind: 'publish', atLeast: 9 });
  });

  it('publishes nothing while the last version is the same', ({ expect }) => {
    const same = aPublishedVersion(3, aServedRevision());
    const versions = [aPublishedVersion(2, aServedRevision('other')), same];
    expect(judge({}, { versions })).toEqual({ kind: 'unchanged', number: 3 });
    const newer = [...versions, aPublishedVersion(4, aServedRevision('other'))];
    expect(judge({}, { versions: newer })).toMatchObject({ kind: 'publish' });
    const going = [aPublishedVersion(3, aServedRevision(), deleted)];
    expect(judge({}, { versions: going })).toMatchObject({ kind: 'publish', atLeast: 3 });
  });

  it('remembers that it published nothing', ({ expect }) => {
    const versions = [aPublishedVersion(4, aServedRevision('other'))];
    const status = { version: '3', conditions: [] };
    expect(judge({ status }, { versions })).toEqual({ kind: 'unchanged', number: 3 });
  });

  it.for([
    [{ state: 'Pending' }],
    [{ lastUpdateStatus: 'Failed' }],
    [{ lastUpdateStatus: 'InProgress' }],
    [{ observedGeneration: 0 }],
  ] as const)('waits for a function in %j', ([status], { expect }) => {
    const fn = anActiveFunction(aServedRevision(), { status: { conditions: [], ...status } });
    expect(judge({}, { fn })).toMatchObject({ kind: 'waiting', reason: 'FunctionPending' });
  });

  it.for([undefined, anActiveFunction(aServedRevision(), { metadata: deleted })])(
    'refuses without a function',
    (fn, { expect }) => {
      const refused = { kind: 'refused', reason: 'FunctionNotFound' };
      expect(judge({}, { fn })).toMatchObject(refused);
      const published = aPublishedVersion(1);
      expect(judgeVersion(published, { fn, versions: [published], aliases: [] })).toMatchObject(
        refused,
      );
    },
  );

  it('waits, in the words of Lambda, while a guard does not hold', ({ expect }) => {
    expect(judge({ spec: { codeSha256: 'other' } })).toEqual({
      kind: 'waiting',
      reason: 'CodeSha256Differs',
      message:
        'CodeSHA256 (other) is different from current CodeSHA256 in $LATEST (sha-of-revision-1). Please try again with the CodeSHA256 in $LATEST.',
    });
    expect(judge({ spec: { revisionId: 'other' } })).toEqual({
      kind: 'waiting',
      reason: 'RevisionIdDiffers',
      message:
        'The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id',
    });
    const both = { codeSha256: 'sha-of-revision-1', revisionId: 'id-of-revision-1' };
    expect(judge({ spec: both })).toMatchObject({ kind: 'publish' });
  });

  it('leaves one that came complete as it is, unless an older one has its number', ({ expect }) => {
    const restored = aPublishedVersion(3, aServedRevision('old'), { name: 'restored' });
    const older = aPublishedVersion(3, aServedRevision(), {
      name: 'older',
      creationTimestamp: '2025-01-01T00:00:00Z',
    });
    const facts = { fn: FN, aliases: [] };
    expect(judgeVersion(restored, { ...facts, versions: [restored] })).toEqual({
      kind: 'published',
      number: 3,
    });
    expect(judgeVersion(restored, { ...facts, versions: [restored, older] })).toMatchObject({
      kind: 'refused',
      reason: 'VersionNumberTaken',
      message: expect.stringContaining('the Version older') as string,
    });
    expect(judgeVersion(older, { ...facts, versions: [restored, older] })).toMatchObject({
      kind: 'published',
    });
  });
});
