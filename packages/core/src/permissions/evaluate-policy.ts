import { isArnLike } from './arn-like.ts';
import { parsePolicyPrincipal, type Permission, type PolicyPrincipal } from './permission.ts';

/** Who calls: somebody who has proven it, a service on behalf of a resource, or anybody. */
export type PolicyCaller =
  | { readonly kind: 'identity'; readonly arn: string; readonly accountId: string }
  | { readonly kind: 'service'; readonly service: string }
  | { readonly kind: 'anonymous' };

/** What somebody wants to do. */
export interface PolicyRequest {
  readonly caller: PolicyCaller;
  /** For example `lambda:InvokeFunction`. */
  readonly action: string;
  /** The function as it was called: with the qualifier if there was one, and without if not. */
  readonly resourceArn: string;
  readonly sourceArn?: string | undefined;
  readonly sourceAccount?: string | undefined;
  readonly eventSourceToken?: string | undefined;
  /** Undefined when no URL was called. */
  readonly functionUrlAuthType?: 'NONE' | 'AWS_IAM' | undefined;
  readonly invokedViaFunctionUrl: boolean;
}

/** The permissions on one function, version or alias. */
export interface ResourcePolicy {
  readonly resourceArn: string;
  readonly permissions: readonly Permission[];
}

/**
 * What a policy says. `account`: the caller's account is allowed, which is worth something only to those whom the account
 * itself has given the right.
 */
export type PolicyDecision =
  | { readonly kind: 'allowed'; readonly to: 'caller' | 'account'; readonly statementId: string }
  | { readonly kind: 'denied' };

/**
 * Decides by the policy of the one resource that was called. The policy of a function says nothing about calls by a
 * version or an alias, `$LATEST` among them, nor the other way round.
 */
export function evaluatePolicy(policy: ResourcePolicy, request: PolicyRequest): PolicyDecision {
  let decision: PolicyDecision = { kind: 'denied' };
  if (policy.resourceArn !== request.resourceArn) return decision;
  for (const permission of policy.permissions) {
    const { statementId } = permission;
    const to = grantedTo(permission.principal, request.caller);
    if (to === undefined || !isAction(permission.action, request.action)) continue;
    if (!areConditionsMet(permission, request)) continue;
    if (to === 'caller') return { kind: 'allowed', to, statementId };
    if (decision.kind === 'denied') decision = { kind: 'allowed', to, statementId };
  }
  return decision;
}

function grantedTo(text: string, caller: PolicyCaller): 'caller' | 'account' | undefined {
  const principal = parsePolicyPrincipal(text);
  if (principal === undefined || !isAbout(principal, caller)) return undefined;
  return principal.kind === 'account' ? 'account' : 'caller';
}

function isAbout(principal: PolicyPrincipal, caller: PolicyCaller): boolean {
  switch (principal.kind) {
    case 'everyone':
      return true;
    case 'service':
      return caller.kind === 'service' && caller.service === principal.service;
    case 'identity':
      return caller.kind === 'identity' && caller.arn === principal.arn;
    case 'account':
      return caller.kind === 'identity' && caller.accountId === principal.accountId;
  }
}

/** Actions are the same in any case of letters. */
function isAction(allowed: string, wanted: string): boolean {
  if (allowed === '*') return true;
  const [given, asked] = [allowed.toLowerCase(), wanted.toLowerCase()];
  return given === asked || (given === 'lambda:*' && asked.startsWith('lambda:'));
}

/** A condition about what the request does not say is not met. */
function areConditionsMet(permission: Permission, request: PolicyRequest): boolean {
  const { sourceArn, invokedViaFunctionUrl } = permission;
  return (
    isEqualIfAsked(permission.sourceAccount, request.sourceAccount) &&
    isEqualIfAsked(permission.eventSourceToken, request.eventSourceToken) &&
    isEqualIfAsked(permission.functionUrlAuthType, request.functionUrlAuthType) &&
    isEqualIfAsked(invokedViaFunctionUrl, request.invokedViaFunctionUrl) &&
    (sourceArn === undefined ||
      (request.sourceArn !== undefined && isArnLike(request.sourceArn, sourceArn)))
  );
}

function isEqualIfAsked<T>(asked: T | undefined, given: T | undefined): boolean {
  return asked === undefined || asked === given;
}
