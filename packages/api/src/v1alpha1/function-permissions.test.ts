import { describe, it } from 'vitest';
import { FunctionPermissions } from './function-permissions.ts';

const LOGS = {
  statementId: 'logs',
  principal: 'logs.amazonaws.com',
  action: 'lambda:InvokeFunction',
};

function problemsOf(...permissions: readonly object[]): string {
  const read = FunctionPermissions.safeParse(permissions);
  return read.success
    ? ''
    : read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
}

describe('permissions', () => {
  it.for([
    { principal: '*' },
    { principal: '000000000000' },
    { principal: 'arn:aws:iam::000000000000:user/default/alice' },
    { principal: 'arn:aws:iam::000000000000:root' },
    { action: 'lambda:*' },
    { action: '*' },
    { sourceArn: 'arn:aws:s3:::photos-*', sourceAccount: '000000000000' },
    { action: 'lambda:InvokeFunctionUrl', functionUrlAuthType: 'AWS_IAM' },
    { principal: '*', invokedViaFunctionUrl: true },
    { principal: '*', eventSourceToken: 'amzn1.ask.skill.x' },
  ])('may be %j', (permission, { expect }) => {
    expect(problemsOf({ ...LOGS, ...permission })).toBe('');
  });

  it.for([
    [{ statementId: 'a b' }, '0.statementId: may hold letters, digits, - and _ only'],
    [
      { principal: 'alice' },
      '0.principal: must be *, an account of 12 digits, an ARN of IAM, or a service',
    ],
    [
      { action: 's3:GetObject' },
      '0.action: must be an action such as lambda:InvokeFunction, lambda:* or *',
    ],
    [{ sourceArn: 'photos' }, '0.sourceArn: must be an ARN'],
    [{ sourceAccount: '1' }, '0.sourceAccount: must have 12 digits'],
    [
      { functionUrlAuthType: 'NONE' },
      '0: may have functionUrlAuthType with action lambda:InvokeFunctionUrl only',
    ],
    [
      { action: 'lambda:*', invokedViaFunctionUrl: true },
      '0: may have invokedViaFunctionUrl with action lambda:InvokeFunction only',
    ],
    [{ eventSourceToken: 'a b' }, '0.eventSourceToken: may hold letters, digits, ., _ and - only'],
    [{ principalOrgId: 'o-1234567890' }, '0: Unrecognized key: "principalOrgId"'],
  ] as const)('must not be %j', ([permission, expected], { expect }) => {
    expect(problemsOf({ ...LOGS, ...permission })).toBe(expected);
  });

  it('have each statementId once', ({ expect }) => {
    expect(problemsOf(LOGS, { ...LOGS, statementId: 'other' })).toBe('');
    expect(problemsOf(LOGS, LOGS)).toBe(': must not hold a statementId twice');
  });
});
