import fc from 'fast-check';
import { describe, it } from 'vitest';
import { toServiceAccountUser, toUserArn, toUserId } from './caller.ts';

const ACCOUNT = '000000000000';

describe('toUserArn', () => {
  it.for([
    ['system:serviceaccount:team-a:deployer', 'team-a/deployer'],
    ['alice@example.com', 'alice@example.com'],
    ['kubernetes-admin', 'kubernetes-admin'],
    ['team-a/deployer', 'team-a%2Fdeployer'],
    ['oidc:älice', 'oidc%3A%C3%A4lice'],
  ] as const)('names %s as user/%s', ([username, path], { expect }) => {
    expect(toUserArn(ACCOUNT, username)).toBe(`arn:aws:iam::${ACCOUNT}:user/${path}`);
  });

  it('is never the same for two users', ({ expect }) => {
    const name = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', ':', '/', '%', '2', 'F') }),
      fc.constantFrom('system:serviceaccount:a:b', 'a/b', 'system:serviceaccount:a:b:c'),
    );
    fc.assert(
      fc.property(name, name, (one, other) => {
        expect(toUserArn(ACCOUNT, one) === toUserArn(ACCOUNT, other)).toBe(one === other);
      }),
    );
  });
});

describe('a service account', () => {
  it('is known by the name and in the groups that its pods have', ({ expect }) => {
    expect(toServiceAccountUser('team-a', 'deployer')).toEqual({
      username: 'system:serviceaccount:team-a:deployer',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:team-a', 'system:authenticated'],
    });
  });
});

describe('toUserId', () => {
  it('has the form of one of IAM, and is the same each time', ({ expect }) => {
    const arn = toUserArn(ACCOUNT, 'alice');
    expect(toUserId(arn)).toMatch(/^AIDA[A-Z2-7]{17}$/);
    expect(toUserId(arn)).toBe(toUserId(arn));
    expect(toUserId(arn)).not.toBe(toUserId(toUserArn(ACCOUNT, 'bob')));
  });
});
