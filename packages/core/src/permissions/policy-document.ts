import { parsePolicyPrincipal, type Permission } from './permission.ts';

/** A statement as AddPermission and GetPolicy answer it; members are in AWS's order. */
export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Principal: '*' | { readonly AWS: string } | { readonly Service: string };
  readonly Action: string;
  readonly Resource: string;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** The statement of a permission on one function, version or alias. */
export function toPolicyStatement(permission: Permission, resourceArn: string): PolicyStatement {
  const condition = toCondition(permission);
  return {
    Sid: permission.statementId,
    Effect: 'Allow',
    Principal: toPrincipal(permission.principal),
    Action: permission.action,
    Resource: resourceArn,
    ...(Object.keys(condition).length === 0 ? {} : { Condition: condition }),
  };
}

/** The policy of a function, version or alias as GetPolicy answers it: JSON in a text. */
export function toPolicyDocument(permissions: readonly Permission[], resourceArn: string): string {
  const statements = permissions.map((each) => toPolicyStatement(each, resourceArn));
  return JSON.stringify({ Version: '2012-10-17', Id: 'default', Statement: statements });
}

function toPrincipal(text: string): PolicyStatement['Principal'] {
  const principal = parsePolicyPrincipal(text);
  switch (principal?.kind) {
    case 'everyone':
      return '*';
    case 'account':
      return { AWS: text.startsWith('arn:') ? text : `arn:aws:iam::${principal.accountId}:root` };
    case 'identity':
      return { AWS: principal.arn };
    case 'service':
      return { Service: principal.service };
    case undefined:
      // Nobody: it must not read as everybody.
      return { AWS: text };
  }
}

function toCondition(permission: Permission): NonNullable<PolicyStatement['Condition']> {
  const { invokedViaFunctionUrl } = permission;
  return withoutEmpty({
    StringEquals: withoutEmpty({
      'AWS:SourceAccount': permission.sourceAccount,
      'lambda:FunctionUrlAuthType': permission.functionUrlAuthType,
      'lambda:EventSourceToken': permission.eventSourceToken,
    }),
    ArnLike: withoutEmpty({ 'AWS:SourceArn': permission.sourceArn }),
    Bool: withoutEmpty({ 'lambda:InvokedViaFunctionUrl': invokedViaFunctionUrl?.toString() }),
  });
}

function withoutEmpty<T extends string | object>(
  members: Readonly<Record<string, T | undefined>>,
): Readonly<Record<string, T>> {
  const isFilled = (value: T): boolean =>
    typeof value !== 'object' || Object.keys(value).length > 0;
  return Object.fromEntries(
    Object.entries(members).flatMap(([name, value]) =>
      value !== undefined && isFilled(value) ? [[name, value] as const] : [],
    ),
  );
}
