import { LATEST, LambdaError, type ErrorCode } from '@mayfly/lambda-api';
import { parsePolicyPrincipal, type Permission } from './permission.ts';
import { toPolicyDocument, toPolicyStatement, type PolicyStatement } from './policy-document.ts';
import type { ResourcePolicy } from './evaluate-policy.ts';

/** Lambda's limit for a whole policy. */
const MAX_POLICY_BYTES = 20_480;

/** A permission as AddPermission is asked for it. */
export interface WantedPermission extends Permission {
  readonly qualifier?: string | undefined;
  readonly principalOrgId?: string | undefined;
}

/** What came of a change. */
export type PolicyChange<T> =
  | ({ readonly kind: 'changed'; readonly permissions: readonly Permission[] } & T)
  | { readonly kind: 'refused'; readonly error: LambdaError };

/** Decides AddPermission: the permissions there are to be, and the statement to answer. */
export function addPermission(
  policy: ResourcePolicy,
  wanted: WantedPermission,
): PolicyChange<{ readonly statement: PolicyStatement }> {
  const error = judge(policy, wanted);
  if (error !== undefined) return { kind: 'refused', error };
  const { qualifier: _qualifier, principalOrgId: _principalOrgId, ...permission } = wanted;
  const permissions = [...policy.permissions, permission];
  const size = new TextEncoder().encode(toPolicyDocument(permissions, policy.resourceArn)).length;
  if (size > MAX_POLICY_BYTES) {
    return refuse(
      'PolicyLengthExceededException',
      `The final policy size (${size}) is bigger than the limit (${MAX_POLICY_BYTES}).`,
    );
  }
  const statement = toPolicyStatement(permission, policy.resourceArn);
  return { kind: 'changed', permissions, statement };
}

/** Decides RemovePermission. */
export function removePermission(
  policy: ResourcePolicy,
  statementId: string,
): PolicyChange<object> {
  const { permissions } = policy;
  if (permissions.length === 0) {
    return refuse('ResourceNotFoundException', 'No policy is associated with the given resource.');
  }
  const rest = permissions.filter((permission) => permission.statementId !== statementId);
  if (rest.length === permissions.length) {
    return refuse(
      'ResourceNotFoundException',
      `Statement ${statementId} is not found in resource policy.`,
    );
  }
  return { kind: 'changed', permissions: rest };
}

/**
 * Answers GetPolicy.
 * @throws LambdaError when there is no policy
 */
export function describePolicy({ permissions, resourceArn }: ResourcePolicy): string {
  if (permissions.length > 0) return toPolicyDocument(permissions, resourceArn);
  throw new LambdaError('ResourceNotFoundException', 'The resource you requested does not exist.');
}

function judge(policy: ResourcePolicy, wanted: WantedPermission): LambdaError | undefined {
  const { statementId, action } = wanted;
  if (wanted.qualifier === LATEST) {
    return invalid('We currently do not support adding policies for $LATEST.');
  }
  if (policy.permissions.some((permission) => permission.statementId === statementId)) {
    return new LambdaError(
      'ResourceConflictException',
      `The statement id (${statementId}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
    );
  }
  if (wanted.principalOrgId !== undefined) {
    // differs from Lambda: a condition that can never be met is no help to anybody.
    return invalid('PrincipalOrgID is not supported: there are no organizations here.');
  }
  if (parsePolicyPrincipal(wanted.principal) === undefined) {
    return invalid('The provided principal was invalid. Please check the principal and try again.');
  }
  if (wanted.functionUrlAuthType !== undefined && action !== 'lambda:InvokeFunctionUrl') {
    return invalid('FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action');
  }
  if (wanted.invokedViaFunctionUrl !== undefined && action !== 'lambda:InvokeFunction') {
    return invalid('InvokedViaFunctionUrl is only supported for lambda:InvokeFunction action');
  }
  return undefined;
}

function invalid(message: string): LambdaError {
  return new LambdaError('InvalidParameterValueException', message);
}

function refuse(code: ErrorCode, message: string): { kind: 'refused'; error: LambdaError } {
  return { kind: 'refused', error: new LambdaError(code, message) };
}
