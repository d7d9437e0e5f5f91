import { parseFunctionReference } from '@mayfly/lambda-api';
import type { FunctionTarget } from '../identity/authorizer.ts';

/**
 * The function that a request is about, where its path names one: by its name, or as the resource of a tag or a policy.
 * Undefined where it does not, or names something else.
 */
export function toNamedFunction(
  namespace: string,
  pathParameters: Readonly<Record<string, string>>,
  query: Readonly<Record<string, string | readonly string[] | undefined>>,
): FunctionTarget | undefined {
  const { FunctionName: name, Resource: tagged, ResourceArn: arn = tagged } = pathParameters;
  const named = name ?? (arn?.includes(':function:') === true ? arn : undefined);
  const { Qualifier: qualifier } = query;
  // Two qualifiers are none: nobody is to be let in by one of them for the other.
  if (named === undefined || (qualifier !== undefined && typeof qualifier !== 'string'))
    return undefined;
  try {
    return {
      namespace,
      ...parseFunctionReference(named, qualifier === '' ? undefined : qualifier),
    };
  } catch {
    // What is wrong with it is for the operation to say, to those who have the right on all functions.
    return undefined;
  }
}
