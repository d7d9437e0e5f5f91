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

  it('never throws', ({ expect }) => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        expect(parseAssignment(Buffer.from(text)).kind).toBe('invalid');
      }),
    );
  });
});
