/** One statement of a resource policy, as AddPermission is told it. It allows: nothing else can be said. */
export interface Permission {
  /** Unique within the policy. */
  readonly statementId: string;
  /** `*`, an account of 12 digits, an ARN of IAM or STS, or a service such as `s3.amazonaws.com`. */
  readonly principal: string;
  /** `lambda:InvokeFunction`, `lambda:InvokeFunctionUrl`, another action, `lambda:*` or `*`. */
  readonly action: string;
  /** ARN of what a service must act for; may hold `*` and `?`. */
  readonly sourceArn?: string | undefined;
  /** Account of what a service must act for. */
  readonly sourceAccount?: string | undefined;
  /** Token that an Alexa skill must show. */
  readonly eventSourceToken?: string | undefined;
  /** Holds for calls of URLs with this kind of authentication. */
  readonly functionUrlAuthType?: 'NONE' | 'AWS_IAM' | undefined;
  /** Whether the call must have come, or must not have come, by the function's URL. */
  readonly invokedViaFunctionUrl?: boolean | undefined;
}

/** Whom a statement is about. */
export type PolicyPrincipal =
  | { readonly kind: 'everyone' }
  | { readonly kind: 'account'; readonly accountId: string }
  | { readonly kind: 'identity'; readonly arn: string }
  | { readonly kind: 'service'; readonly service: string };

const ACCOUNT = /^\d{12}$/;
const ROOT = /^arn:aws[a-z-]*:iam::(\d{12}):root$/;
const IDENTITY = /^arn:aws[a-z-]*:(?:iam|sts)::\d{12}:\S+$/;
const SERVICE = /^[a-z0-9][a-z0-9.-]*\.(?:amazonaws\.com(?:\.cn)?|amazon\.com)$/;

/** Reads the principal of a statement; undefined when AWS would know none of that form. */
export function parsePolicyPrincipal(principal: string): PolicyPrincipal | undefined {
  if (principal === '*') return { kind: 'everyone' };
  const accountId = ACCOUNT.test(principal) ? principal : ROOT.exec(principal)?.[1];
  if (accountId !== undefined) return { kind: 'account', accountId };
  if (IDENTITY.test(principal)) return { kind: 'identity', arn: principal };
  return SERVICE.test(principal) ? { kind: 'service', service: principal } : undefined;
}
