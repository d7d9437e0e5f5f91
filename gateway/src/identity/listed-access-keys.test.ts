import { describe, it } from 'vitest';
import { parseAccessKeys } from './listed-access-keys.ts';

const ALICE = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'hush', userName: 'alice' };

function parse(keys: unknown): ReturnType<typeof parseAccessKeys> {
  return parseAccessKeys(JSON.stringify(keys), '000000000000');
}

describe('a list of access keys', () => {
  it('gives the key and whose it is', ({ expect }) => {
    expect(parse([ALICE]).find('AKIDEXAMPLE')).toEqual({
      secretAccessKey: 'hush',
      principal: {
        arn: 'arn:aws:iam::000000000000:user/alice',
        accountId: '000000000000',
        serviceAccount: undefined,
      },
    });
    expect(parse([ALICE]).find('AKIDOTHER')).toBeUndefined();
    expect(parse([ALICE]).find('constructor')).toBeUndefined();
  });

  it('tells all that is wrong, and no secret', ({ expect }) => {
    expect(() => parse([{ ...ALICE, accessKeyId: 'a b', userName: '', role: 'x' }])).toThrow(
      'reading access keys: 0.accessKeyId: must be 1 to 128 letters and digits; ' +
        '0.userName: must be a user name as of IAM; 0: Unrecognized key: "role"',
    );
    expect(() => parse([ALICE, ALICE])).toThrow(': holds an accessKeyId twice');
    expect(() => parseAccessKeys('{"secretAccessKey":"hush"', '0')).toThrow(
      /^reading access keys: the file is no JSON$/,
    );
  });
});
