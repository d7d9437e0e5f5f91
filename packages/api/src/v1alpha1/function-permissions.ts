import { z } from 'zod';
import { withRules, type ValueRule } from './rules.ts';

const ACTION = 'lambda:InvokeFunction';
const URL_ACTION = 'lambda:InvokeFunctionUrl';

interface PermissionFields {
  readonly action: string;
  readonly functionUrlAuthType?: string | undefined;
  readonly invokedViaFunctionUrl?: boolean | undefined;
}

/** What the fields of one permission must obey together. */
export const PERMISSION_RULES: readonly ValueRule<PermissionFields>[] = [
  {
    rule: `!has(self.functionUrlAuthType) || self.action == '${URL_ACTION}'`,
    message: `may have functionUrlAuthType with action ${URL_ACTION} only`,
    holds: ({ action, functionUrlAuthType }) =>
      functionUrlAuthType === undefined || action === URL_ACTION,
  },
  {
    rule: `!has(self.invokedViaFunctionUrl) || self.action == '${ACTION}'`,
    message: `may have invokedViaFunctionUrl with action ${ACTION} only`,
    holds: ({ action, invokedViaFunctionUrl }) =>
      invokedViaFunctionUrl === undefined || action === ACTION,
  },
];

const Permission = withRules(
  z.strictObject({
    statementId: z
      .string()
      .min(1)
      .max(100)
      .regex(/^[a-zA-Z0-9_-]+$/, { error: 'may hold letters, digits, - and _ only' })
      .describe('Name of the statement, unique among the permissions of this object.'),
    principal: z
      .string()
      .min(1)
      .max(2048)
      .regex(
        /^(\*|[0-9]{12}|arn:aws[a-z-]*:(iam|sts)::[0-9]{12}:[^\s]+|[a-z0-9][a-z0-9.-]*\.(amazonaws\.com(\.cn)?|amazon\.com))$/,
        { error: 'must be *, an account of 12 digits, an ARN of IAM, or a service' },
      )
      .describe(
        'Who is allowed: * for everybody, an account, an ARN such as arn:aws:iam::000000000000:user/default/alice, or a service such as s3.amazonaws.com.',
      ),
    action: z
      .string()
      .min(1)
      .max(256)
      .regex(/^(\*|lambda:(\*|[a-zA-Z]+))$/, {
        error: 'must be an action such as lambda:InvokeFunction, lambda:* or *',
      })
      .describe('What is allowed: lambda:InvokeFunction, lambda:InvokeFunctionUrl, lambda:* or *.'),
    sourceArn: z
      .string()
      .min(1)
      .max(2048)
      .regex(/^arn:[^:]*:[^:]*:[^:]*:[^:]*:.*$/, { error: 'must be an ARN' })
      .optional()
      .describe(
        'What a service must act for, as an ARN; * and ? stand for anything within a part. Default: anything.',
      ),
    sourceAccount: z
      .string()
      .max(12)
      .regex(/^[0-9]{12}$/, { error: 'must have 12 digits' })
      .optional()
      .describe('Account of what a service must act for. Default: any.'),
    eventSourceToken: z
      .string()
      .min(1)
      .max(256)
      .regex(/^[a-zA-Z0-9._-]+$/, { error: 'may hold letters, digits, ., _ and - only' })
      .optional()
      .describe('Token that an Alexa skill must show. Default: none.'),
    functionUrlAuthType: z
      .enum(['NONE', 'AWS_IAM'])
      .optional()
      .describe(
        'Holds for URLs with this authType only, with action lambda:InvokeFunctionUrl. Default: any.',
      ),
    invokedViaFunctionUrl: z
      .boolean()
      .optional()
      .describe(
        'Whether calls must come by the URL (true) or must not (false), with action lambda:InvokeFunction. Default: either.',
      ),
  }),
  PERMISSION_RULES,
);

type Permissions = readonly { readonly statementId: string }[];

/** What the permissions of an object must obey together. */
export const PERMISSIONS_RULES: readonly ValueRule<Permissions>[] = [
  {
    rule: 'self.all(a, self.exists_one(b, b.statementId == a.statementId))',
    message: 'must not hold a statementId twice',
    holds: (self) => new Set(self.map(({ statementId }) => statementId)).size === self.length,
  },
];

/** Who may call a function, a version or an alias besides those that RBAC lets. */
export const FunctionPermissions = withRules(
  z.array(Permission).max(100),
  PERMISSIONS_RULES,
).describe(
  'Who may call, as in a resource policy of Lambda: on a Function, calls without a qualifier; on a Version or an Alias, calls by its number or name. They hold where the gateway asks who calls. Default: nobody but those whom RBAC lets.',
);
/** Who may call a function, a version or an alias. */
export type FunctionPermissions = z.infer<typeof FunctionPermissions>;
