import { toPolicyDocument, type Permission } from '@mayfly/core';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { parsePolicyDocument } from './parse-policy-document.ts';
import { toResourcePolicyDocument } from './resource-policy-document.ts';

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:hello';

const permissions: fc.Arbitrary<Permission> = fc.record(
  {
    statementId: fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/),
    principal: fc.constantFrom('*', 's3.amazonaws.com', 'arn:aws:iam::123456789012:user/ada'),
    action: fc.constantFrom('lambda:InvokeFunction', 'lambda:*'),
    sourceArn: fc.constantFrom('arn:aws:s3:::bucket', 'arn:aws:sns:*:*:topic-?'),
    sourceAccount: fc.constant('123456789012'),
    eventSourceToken: fc.constant('amzn1.ask.skill'),
    invokedViaFunctionUrl: fc.boolean(),
  },
  { requiredKeys: ['statementId', 'principal', 'action'], noNullPrototype: true },
);

describe('a policy document', () => {
  it('says the permissions that it was made of', ({ expect }) => {
    fc.assert(
      fc.property(fc.array(permissions, { minLength: 1, maxLength: 5 }), (said) => {
        expect(parsePolicyDocument(toPolicyDocument(said, ARN), ARN)).toEqual(said);
        expect(parsePolicyDocument(toResourcePolicyDocument(said, ARN), ARN)).toEqual(said);
      }),
    );
  });

  const statement = { Effect: 'Allow', Principal: '*', Action: 'lambda:InvokeFunction' };

  // The document of the acceptance test of Terraform's provider: internal/service/lambda/policy_test.go of 6.x.
  it("is read as it was written with IAM's keys", ({ expect }) => {
    const Condition = { StringEquals: { 'aws:SourceAccount': '123456789012' } };
    const Statement = [{ Sid: 'a', ...statement, Resource: ARN, Condition }];
    const document = { Version: '2012-10-17', Statement };
    const said = parsePolicyDocument(JSON.stringify(document), ARN);
    expect(JSON.parse(toResourcePolicyDocument(said, ARN))).toEqual(document);
  });

  it('is refused with an id, which would not be kept', ({ expect }) => {
    const named = JSON.stringify({ Id: 'mine', Statement: [statement] });
    expect(() => parsePolicyDocument(named, ARN)).toThrow(/Id/);
  });

  it.for([
    ['no JSON', '{', /it is no JSON/],
    ['no statement', '{"Statement":[]}', /Statement/],
    ['a denial', { ...statement, Effect: 'Deny' }, /Statement\.0\.Effect/],
    ['another function', { ...statement, Resource: `${ARN}2` }, /Resource: must be arn/],
    ['two actions', { ...statement, Action: ['lambda:A', 'lambda:B'] }, /Statement\.0\.Action/],
    ['a principal that is none', { ...statement, Principal: { AWS: 'me' } }, /me is no principal/],
    [
      'a condition key in two cases',
      {
        ...statement,
        Condition: { ArnLike: { 'aws:SourceArn': 'arn:a', 'AWS:SourceArn': 'arn:b' } },
      },
      /Statement\.0\.Condition/,
    ],
    [
      'a condition that would not be kept',
      { ...statement, Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } },
      /Statement\.0\.Condition/,
    ],
  ] as const)('is refused with %s', ([, said, message], { expect }) => {
    const text = typeof said === 'string' ? said : JSON.stringify({ Statement: [said] });
    expect(() => parsePolicyDocument(text, ARN)).toThrow(message);
  });
});
