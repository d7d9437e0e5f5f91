import fc from 'fast-check';
import { describe, it } from 'vitest';
import { accessDenied } from './access-denied.ts';
import { evaluatePolicy, type PolicyCaller, type PolicyRequest } from './evaluate-policy.ts';
import type { Permission } from './permission.ts';

const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:f';
const ALICE = {
  kind: 'identity',
  arn: 'arn:aws:iam::111111111111:user/alice',
  accountId: '111111111111',
} as const;
const S3 = { kind: 'service', service: 's3.amazonaws.com' } as const;
const ANYBODY = { kind: 'anonymous' } as const;

function aPermission(overrides: Partial<Permission> = {}): Permission {
  return { statementId: 's', principal: '*', action: 'lambda:InvokeFunction', ...overrides };
}

function aRequest(overrides: Partial<PolicyRequest> = {}): PolicyRequest {
  return {
    caller: ALICE,
    action: 'lambda:InvokeFunction',
    resourceArn: FUNCTION,
    invokedViaFunctionUrl: false,
    ...overrides,
  };
}

function decide(permission: Partial<Permission>, request: Partial<PolicyRequest> = {}): string {
  const permissions = [aPermission(permission)];
  const decision = evaluatePolicy({ resourceArn: FUNCTION, permissions }, aRequest(request));
  return decision.kind === 'denied' ? 'denied' : decision.to;
}

describe('the principal of a permission', () => {
  it.for<[string, PolicyCaller, string]>([
    ['*', ALICE, 'caller'],
    ['*', S3, 'caller'],
    ['*', ANYBODY, 'caller'],
    [ALICE.arn, ALICE, 'caller'],
    ['arn:aws:iam::111111111111:user/bob', ALICE, 'denied'],
    [ALICE.arn, ANYBODY, 'denied'],
    ['111111111111', ALICE, 'account'],
    ['arn:aws:iam::111111111111:root', ALICE, 'account'],
    ['222222222222', ALICE, 'denied'],
    ['111111111111', ANYBODY, 'denied'],
    ['s3.amazonaws.com', S3, 'caller'],
    ['sns.amazonaws.com', S3, 'denied'],
    ['s3.amazonaws.com', ALICE, 'denied'],
    ['alice', ALICE, 'denied'],
  ])('%s, for %j: %s', ([principal, caller, expected], { expect }) => {
    expect(decide({ principal }, { caller })).toBe(expected);
  });

  it('that names the caller counts more than one that names the account', ({ expect }) => {
    const permissions = [
      aPermission({ statementId: 'account', principal: '111111111111' }),
      aPermission({ statementId: 'caller', principal: ALICE.arn }),
    ];
    expect(evaluatePolicy({ resourceArn: FUNCTION, permissions }, aRequest())).toEqual({
      kind: 'allowed',
      to: 'caller',
      statementId: 'caller',
    });
  });
});

describe('the action of a permission', () => {
  it.for([
    ['lambda:InvokeFunction', 'lambda:InvokeFunction', 'caller'],
    ['lambda:invokefunction', 'lambda:InvokeFunction', 'caller'],
    ['lambda:InvokeFunction', 'lambda:InvokeFunctionUrl', 'denied'],
    ['lambda:InvokeFunctionUrl', 'lambda:InvokeFunction', 'denied'],
    ['lambda:*', 'lambda:InvokeFunctionUrl', 'caller'],
    ['lambda:*', 's3:GetObject', 'denied'],
    ['*', 'lambda:GetFunction', 'caller'],
  ] as const)('%s, for %s: %s', ([action, asked, expected], { expect }) => {
    expect(decide({ action }, { action: asked })).toBe(expected);
  });
});

describe('the resource of a policy', () => {
  it.for([
    [FUNCTION, FUNCTION, 'allowed'],
    [`${FUNCTION}:PROD`, `${FUNCTION}:PROD`, 'allowed'],
    [FUNCTION, `${FUNCTION}:PROD`, 'denied'],
    [FUNCTION, `${FUNCTION}:$LATEST`, 'denied'],
    [`${FUNCTION}:PROD`, FUNCTION, 'denied'],
    [`${FUNCTION}:PROD`, `${FUNCTION}:1`, 'denied'],
    [`${FUNCTION}:1`, `${FUNCTION}:PROD`, 'denied'],
  ] as const)('%s, for a call of %s: %s', ([resourceArn, called, expected], { expect }) => {
    const policy = { resourceArn, permissions: [aPermission()] };
    expect(evaluatePolicy(policy, aRequest({ resourceArn: called })).kind).toBe(expected);
  });
});

describe('a condition of a permission', () => {
  const BUCKET = 'arn:aws:s3:::photos';
  it.for<[Partial<Permission>, Partial<PolicyRequest>, string]>([
    [{ sourceAccount: '111111111111' }, { sourceAccount: '111111111111' }, 'caller'],
    [{ sourceAccount: '111111111111' }, { sourceAccount: '222222222222' }, 'denied'],
    [{ sourceAccount: '111111111111' }, {}, 'denied'],
    [{ sourceArn: BUCKET }, { sourceArn: BUCKET }, 'caller'],
    [{ sourceArn: 'arn:aws:s3:::ph*s' }, { sourceArn: BUCKET }, 'caller'],
    [{ sourceArn: BUCKET }, { sourceArn: 'arn:aws:s3:::other' }, 'denied'],
    [{ sourceArn: 'arn:aws:s3:::*' }, {}, 'denied'],
    [{ eventSourceToken: 'amzn1' }, { eventSourceToken: 'amzn1' }, 'caller'],
    [{ eventSourceToken: 'amzn1' }, { eventSourceToken: 'amzn2' }, 'denied'],
    [{ functionUrlAuthType: 'AWS_IAM' }, { functionUrlAuthType: 'AWS_IAM' }, 'caller'],
    [{ functionUrlAuthType: 'AWS_IAM' }, { functionUrlAuthType: 'NONE' }, 'denied'],
    [{ functionUrlAuthType: 'NONE' }, {}, 'denied'],
    [{ invokedViaFunctionUrl: true }, { invokedViaFunctionUrl: true }, 'caller'],
    [{ invokedViaFunctionUrl: true }, {}, 'denied'],
    [{ invokedViaFunctionUrl: false }, { invokedViaFunctionUrl: true }, 'denied'],
  ])('%j, for %j: %s', ([permission, request, expected], { expect }) => {
    expect(decide(permission, request)).toBe(expected);
  });
});

describe('a policy', () => {
  const text = fc.constantFrom('111111111111', '222222222222', undefined);
  const permission = fc.record({
    statementId: fc.string({ minLength: 1, maxLength: 5 }),
    principal: fc.constantFrom('*', ALICE.arn, '111111111111', 's3.amazonaws.com', 'nobody'),
    action: fc.constantFrom('lambda:InvokeFunction', 'lambda:InvokeFunctionUrl', 'lambda:*', '*'),
    sourceAccount: text,
    sourceArn: fc.constantFrom('arn:aws:s3:::*', 'arn:aws:s3:::a', undefined),
    functionUrlAuthType: fc.constantFrom('NONE' as const, 'AWS_IAM' as const, undefined),
    invokedViaFunctionUrl: fc.constantFrom(true, false, undefined),
  });
  const request = fc.record({
    caller: fc.constantFrom<PolicyCaller>(ALICE, S3, ANYBODY),
    action: fc.constantFrom('lambda:InvokeFunction', 'lambda:InvokeFunctionUrl'),
    resourceArn: fc.constantFrom(FUNCTION, `${FUNCTION}:PROD`),
    sourceAccount: text,
    sourceArn: fc.constantFrom('arn:aws:s3:::a', 'arn:aws:s3:::b', undefined),
    functionUrlAuthType: fc.constantFrom('NONE' as const, 'AWS_IAM' as const, undefined),
    invokedViaFunctionUrl: fc.boolean(),
  });

  it('allows what one of its permissions allows, in any order, and nothing else', ({ expect }) => {
    fc.assert(
      fc.property(fc.array(permission, { maxLength: 5 }), request, (permissions, asked) => {
        const judge = (list: readonly Permission[]): string =>
          evaluatePolicy({ resourceArn: FUNCTION, permissions: list }, asked).kind;
        const each = permissions.map((one) => judge([one]));
        expect(judge(permissions)).toBe(each.includes('allowed') ? 'allowed' : 'denied');
        expect(judge([...permissions].reverse())).toBe(judge(permissions));
      }),
    );
  });

  it('allows no more when a permission has one condition more', ({ expect }) => {
    fc.assert(
      fc.property(permission, request, (one, asked) => {
        const judge = (each: Permission): string =>
          evaluatePolicy({ resourceArn: FUNCTION, permissions: [each] }, asked).kind;
        if (judge({ ...one, sourceAccount: '111111111111' }) === 'denied') return;
        expect(judge({ ...one, sourceAccount: undefined })).toBe('allowed');
      }),
    );
  });
});

describe('a refusal', () => {
  it.for<[PolicyCaller, string]>([
    [
      ALICE,
      `User: ${ALICE.arn} is not authorized to perform: lambda:InvokeFunction on resource: ${FUNCTION} because no identity-based policy allows the lambda:InvokeFunction action`,
    ],
    [
      S3,
      `User: s3.amazonaws.com is not authorized to perform: lambda:InvokeFunction on resource: ${FUNCTION} because no resource-based policy allows the lambda:InvokeFunction action`,
    ],
    [ANYBODY, 'Forbidden'],
  ])('has the sentence of AWS for %j', ([caller, message], { expect }) => {
    expect(accessDenied(aRequest({ caller }))).toMatchObject({
      code: 'AccessDeniedException',
      message,
    });
  });
});
