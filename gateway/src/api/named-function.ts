import { parseFunctionReference } from '@mayfly/lambda-api';
import type { FunctionTarget } from '../identity/authorizer.ts';

/**
 * The function that a request is about, where its path names one: by its name, or as the resource of a tag. Undefined where
 * it does not, or names something else.
 */
export function toNamedFunction(
  namespace: string,
  pathParameters: Readonly<Record<string, string>>,
  query: Readonly<Record<string, string | string[] | undefined>>,
): FunctionTarget | undefined {
  const named = pathParameters['FunctionName'] ?? pathParameters['Resource'];
  const { Qualifier: given } = query;
  const qualifier = typeof given === 'string' && given !== '' ? given : undefined;
  if (named === undefined) return undefined;
  try {
    return { namespace, ...parseFunctionReference(named, qualifier) };
  } catch {
    // What is wrong with it is for the operation to say, to those who have the right on all functions.
    return undefined;
  }
}
