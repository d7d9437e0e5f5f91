import fc from 'fast-check';
import { describe, it } from 'vitest';
import {
  addPermission,
  describePolicy,
  removePermission,
  type WantedPermission,
} from './change-policy.ts';
import { evaluatePolicy } from './evaluate-policy.ts';
import type { Permission } from './permission.ts';
import { toPolicyStatement } from './policy-document.ts';

const FUNCTION = 'arn:aws:lambda:us-east-1:111111111111:function:f';
const LOGS: Permission = {
  statementId: 'logs',
  principal: 'logs.amazonaws.com',
  action: 'lambda:InvokeFunction',
};

function policyOf(...permissions: Permission[]): {
  resourceArn: string;
  permissions: readonly Permission[];
} {
  return { resourceArn: FUNCTION, permissions };
}

function refusalOf(wanted: Partial<WantedPermission>, ...there: Permission[]): unknown {
  const change = addPermission(policyOf(...there), { ...LOGS, ...wanted });
  if (change.kind === 'changed') return 'changed';
  return `${change.error.code}: ${change.error.message}`;
}

// As Lambda was recorded to answer.
describe('the statement of a permission', () => {
  it.for<[Partial<Permission>, string]>([
    [
      { statementId: 'lambda', principal: 'lambda.amazonaws.com', sourceAccount: '111111111111' },
      `{"Sid":"lambda","Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"${FUNCTION}","Condition":{"StringEquals":{"AWS:SourceAccount":"111111111111"}}}`,
    ],
    [
      { statementId: 'account-id', principal: '111111111111' },
      `{"Sid":"account-id","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"lambda:InvokeFunction","Resource":"${FUNCTION}"}`,
    ],
    [
      { statementId: 'user-arn', principal: 'arn:aws:iam::111111111111:user/alice' },
      `{"Sid":"user-arn","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:user/alice"},"Action":"lambda:InvokeFunction","Resource":"${FUNCTION}"}`,
    ],
    [
      {
        statementId: 'urlPermission',
        principal: '*',
        action: 'lambda:InvokeFunctionUrl',
        sourceAccount: '111111111111',
        sourceArn: 'arn:aws:s3:::photos',
        functionUrlAuthType: 'NONE',
      },
      `{"Sid":"urlPermission","Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunctionUrl","Resource":"${FUNCTION}","Condition":{"StringEquals":{"AWS:SourceAccount":"111111111111","lambda:FunctionUrlAuthType":"NONE"},"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::photos"}}}`,
    ],
    [
      { statementId: 'alexaSkill', principal: '*', eventSourceToken: 'amzn1.ask.skill.x' },
      `{"Sid":"alexaSkill","Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunction","Resource":"${FUNCTION}","Condition":{"StringEquals":{"lambda:EventSourceToken":"amzn1.ask.skill.x"}}}`,
    ],
    [
      { statementId: 'url', principal: '*', invokedViaFunctionUrl: true },
      `{"Sid":"url","Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunction","Resource":"${FUNCTION}","Condition":{"Bool":{"lambda:InvokedViaFunctionUrl":"true"}}}`,
    ],
  ])('%j is as AWS writes it', ([permission, expected], { expect }) => {
    const statement = toPolicyStatement({ ...LOGS, ...permission }, FUNCTION);
    expect(JSON.stringify(statement)).toBe(expected);
  });

  it('of a principal that nobody knows is about nobody', ({ expect }) => {
    const { Principal } = toPolicyStatement({ ...LOGS, principal: 'nobody' }, FUNCTION);
    expect(Principal).toEqual({ AWS: 'nobody' });
  });
});

describe('GetPolicy', () => {
  it('answers the statements in the order in which they came', ({ expect }) => {
    const kinesis = { ...LOGS, statementId: 'kinesis', principal: 'kinesis.amazonaws.com' };
    expect(describePolicy(policyOf(LOGS, kinesis))).toBe(
      `{"Version":"2012-10-17","Id":"default","Statement":[{"Sid":"logs","Effect":"Allow","Principal":{"Service":"logs.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"${FUNCTION}"},{"Sid":"kinesis","Effect":"Allow","Principal":{"Service":"kinesis.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"${FUNCTION}"}]}`,
    );
  });

  it('finds nothing where there is no permission', ({ expect }) => {
    expect(() => describePolicy(policyOf())).toThrow(
      expect.objectContaining({
        code: 'ResourceNotFoundException',
        message: 'The resource you requested does not exist.',
      }),
    );
  });
});

describe('AddPermission', () => {
  it('puts the statement last and answers it', ({ expect }) => {
    const wanted = { ...LOGS, statementId: 'new' };
    expect(addPermission(policyOf(LOGS), { ...wanted, qualifier: 'PROD' })).toEqual({
      kind: 'changed',
      permissions: [LOGS, wanted],
      statement: toPolicyStatement(wanted, FUNCTION),
    });
  });

  it.for<[Partial<WantedPermission>, string]>([
    [
      {},
      'ResourceConflictException: The statement id (logs) provided already exists. Please provide a new statement id, or remove the existing statement.',
    ],
    [
      { statementId: 'n', qualifier: '$LATEST' },
      'InvalidParameterValueException: We currently do not support adding policies for $LATEST.',
    ],
    [
      { statementId: 'n', principal: 'nobody' },
      'InvalidParameterValueException: The provided principal was invalid. Please check the principal and try again.',
    ],
    [
      { statementId: 'n', principalOrgId: 'o-1234567890' },
      'InvalidParameterValueException: PrincipalOrgID is not supported: there are no organizations here.',
    ],
    [
      { statementId: 'n', functionUrlAuthType: 'NONE' },
      'InvalidParameterValueException: FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action',
    ],
    [
      { statementId: 'n', action: 'lambda:InvokeFunctionUrl', invokedViaFunctionUrl: true },
      'InvalidParameterValueException: InvokedViaFunctionUrl is only supported for lambda:InvokeFunction action',
    ],
  ])('refuses %j', ([wanted, expected], { expect }) => {
    expect(refusalOf(wanted, LOGS)).toBe(expected);
  });

  it('refuses what makes the policy longer than 20 KB', ({ expect }) => {
    const many = Array.from({ length: 150 }, (_, index) => ({
      ...LOGS,
      statementId: `statement-${index}`,
    }));
    expect(refusalOf({}, ...many)).toMatch(
      /^PolicyLengthExceededException: The final policy size \(2\d{4}\) is bigger than the limit \(20480\)\.$/,
    );
  });
});

describe('RemovePermission', () => {
  it.for([
    [[], 'No policy is associated with the given resource.'],
    [[LOGS], 'Statement other is not found in resource policy.'],
  ] as const)('finds nothing to remove: %j', ([permissions, message], { expect }) => {
    expect(removePermission(policyOf(...permissions), 'other')).toMatchObject({
      kind: 'refused',
      error: { code: 'ResourceNotFoundException', message },
    });
  });

  it('takes back what AddPermission has given', ({ expect }) => {
    const statementId = fc.stringMatching(/^[a-zA-Z0-9-_]{1,5}$/);
    const ids = fc.uniqueArray(statementId, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(ids, ([wanted = '', ...others]) => {
        const before = others.map((id) => ({ ...LOGS, statementId: id }));
        const added = addPermission(policyOf(...before), { ...LOGS, statementId: wanted });
        if (added.kind === 'refused') throw added.error;
        const caller = { kind: 'service', service: LOGS.principal } as const;
        const asked = { caller, action: LOGS.action, resourceArn: FUNCTION };
        const decision = evaluatePolicy(policyOf(...added.permissions), {
          ...asked,
          invokedViaFunctionUrl: false,
        });
        expect(decision.kind).toBe('allowed');
        const removed = removePermission(policyOf(...added.permissions), wanted);
        expect(removed).toEqual({ kind: 'changed', permissions: before });
      }),
    );
  });
});
