import { encodeAssignment } from '@mayfly/core';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { anAssignment } from './fixtures/agent-fixture.ts';
import { parseAssignment } from './parse-assignment.ts';

describe('parseAssignment', () => {
  it('returns a good one as it is', ({ expect }) => {
    const assignment = anAssignment({ environmentVariables: { A: '1' } });
    expect(parseAssignment(Buffer.from(JSON.stringify(assignment)))).toStrictEqual({
      kind: 'parsed',
      assignment,
    });
  });

  it.for([
    ['timeoutMs', 0],
    ['timeoutMs', '3'],
    ['memorySizeMb', 1.5],
    ['command', []],
    ['command', ['node', 1]],
    ['environmentVariables', { A: 1 }],
    ['environmentVariables', ['A']],
    ['logFormat', 'text'],
    ['initializationType', 'snap'],
    ['version', undefined],
  ] as const)('refuses %s: %o', ([member, value], { expect }) => {
    const body = JSON.stringify({ ...anAssignment(), [member]: value });
    expect(parseAssignment(Buffer.from(body))).toStrictEqual({
      kind: 'invalid',
      message: `missing or wrong members of the assignment: ${member}`,
    });
  });

  it('reads what is encoded, with the archives that come along', ({ expect }) => {
    const attached = fc.uint8Array({ minLength: 1 }).map((bytes) => ({
      codeSha256: 'sum',
      codeSize: bytes.length,
      source: { kind: 'attached' as const, archive: Buffer.from(bytes) },
    }));
    const source = { kind: 'url', url: 'https://store/a.zip' } as const;
    const code = fc.oneof(attached, fc.constant({ codeSha256: 'sum', codeSize: 7, source }));
    const others = fc.record({ code, layers: fc.array(code) }, { requiredKeys: [] });
    fc.assert(
      fc.property(others, (codes) => {
        const assignment = anAssignment({ ...codes, environmentVariables: { archive: 'a\nb' } });
        const { head, archives } = encodeAssignment(assignment);
        const body = Buffer.concat([Buffer.from(head), ...archives]);
        expect(parseAssignment(body)).toEqual({ kind: 'parsed', assignment });
      }),
    );
  });

  it.for(['', 'ab', 'abcd'])('refuses archives of other sizes: "%s"', (archives, { expect }) => {
    const source = { kind: 'attached' };
    const code = { codeSha256: 'sum', codeSize: 3, source };
    const body = `${JSON.stringify({ ...anAssignment(), code })}\n${archives}`;
    expect(parseAssignment(Buffer.from(body))).toEqual({
      kind: 'invalid',
      message: `the archives that come along have ${archives.length.toString()} bytes, not 3`,
    });
  });

  it('never throws', ({ expect }) => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        expect(parseAssignment(Buffer.from(text)).kind).toBe('invalid');
      }),
    );
  });
});
