import { parsePolicyPrincipal, type Permission } from '@mayfly/core';
import { type LambdaError } from '@mayfly/lambda-api';
import { z } from 'zod';
import { withoutAbsent } from './without-absent.ts';
import { invalid } from '../invalid.ts';

const OneText = z.union([z.string(), z.tuple([z.string()]).transform(([text]) => text)]);

/** Condition keys are as IAM's: their case says nothing. */
function keyed<T extends z.ZodRawShape>(shape: T) {
  return z.preprocess(withLowerKeys, z.strictObject(shape).optional());
}

/** Keys that differ in their case alone stay as they are, and are refused. */
function withLowerKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const lower = Object.entries(value).map(([key, each]) => [key.toLowerCase(), each] as const);
  return new Set(lower.map(([key]) => key)).size === lower.length
    ? Object.fromEntries(lower)
    : value;
}

/** What a statement of ours can say; see `toPolicyStatement` of core for the way there. */
const Statement = z.strictObject({
  Sid: z
    .string()
    .regex(/^[a-zA-Z0-9_-]{1,100}$/)
    .optional(),
  Effect: z.literal('Allow'),
  Principal: z.union([
    z.literal('*'),
    z.strictObject({ AWS: OneText }),
    z.strictObject({ Service: OneText }),
  ]),
  Action: OneText.pipe(z.string().regex(/^(\*|lambda:(\*|[a-zA-Z]+))$/)),
  Resource: OneText.optional(),
  Condition: z
    .strictObject({
      StringEquals: keyed({
        'aws:sourceaccount': OneText.optional(),
        'lambda:functionurlauthtype': z.enum(['NONE', 'AWS_IAM']).optional(),
        'lambda:eventsourcetoken': OneText.optional(),
      }),
      ArnLike: keyed({ 'aws:sourcearn': OneText.optional() }),
      Bool: keyed({ 'lambda:invokedviafunctionurl': z.enum(['true', 'false']).optional() }),
    })
    .optional(),
});

const PolicyDocument = z.strictObject({
  Version: z.literal('2012-10-17').optional(),
  // It is not kept: one that somebody gave it would be lost.
  Id: z.literal('default').optional(),
  Statement: z.array(Statement).min(1).max(100),
});

type Statement = z.infer<typeof Statement>;

/**
 * Reads a whole policy into permissions. What they cannot say is refused: a condition that is not kept would be none.
 * @throws LambdaError `InvalidParameterValueException` that names what cannot be said
 */
export function parsePolicyDocument(text: string, resourceArn: string): readonly Permission[] {
  const parsed = PolicyDocument.safeParse(parseJson(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw refused(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  return parsed.data.Statement.map((statement, index) => {
    if (statement.Resource !== undefined && statement.Resource !== resourceArn) {
      throw refused(`Statement.${index.toString()}.Resource: must be ${resourceArn}`);
    }
    return toPermission(statement, index);
  });
}

function toPermission(statement: Statement, index: number): Permission {
  const { Sid, Principal, Action, Condition } = statement;
  const principal =
    Principal === '*' ? '*' : 'AWS' in Principal ? Principal.AWS : Principal.Service;
  if (parsePolicyPrincipal(principal) === undefined) {
    throw refused(`Statement.${index.toString()}.Principal: ${principal} is no principal`);
  }
  return {
    statementId: Sid ?? `statement-${index.toString()}`,
    principal,
    action: Action,
    ...toConditions(Condition),
  };
}

function toConditions({
  StringEquals,
  ArnLike,
  Bool,
}: NonNullable<Statement['Condition']> = {}): Partial<Permission> {
  const viaUrl = Bool?.['lambda:invokedviafunctionurl'];
  const conditions = {
    sourceArn: ArnLike?.['aws:sourcearn'],
    sourceAccount: StringEquals?.['aws:sourceaccount'],
    eventSourceToken: StringEquals?.['lambda:eventsourcetoken'],
    functionUrlAuthType: StringEquals?.['lambda:functionurlauthtype'],
    invokedViaFunctionUrl: viaUrl === undefined ? undefined : viaUrl === 'true',
  };
  return withoutAbsent(conditions);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refused('it is no JSON');
  }
}

function refused(problem: string): LambdaError {
  return invalid(`The provided policy is invalid: ${problem}.`);
}
