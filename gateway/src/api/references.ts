import { LATEST, LambdaError, makeFunctionArn, parseFunctionReference } from '@mayfly/lambda-api';
import type { AliasResource, FunctionResource, VersionResource } from '@mayfly/api';
import type { ApiCall, ApiSite } from './operation.ts';
import { invalid } from './invalid.ts';

/** What a request names, in the caller's own region and account. */
export interface FunctionRequest {
  readonly functionName: string;
  /** As the request says it; undefined: it says none. */
  readonly qualifier: string | undefined;
  /** Without the qualifier. */
  readonly functionArn: string;
  /** With the qualifier, if there is one. */
  readonly arn: string;
}

/** A function that exists. */
export interface NamedFunction extends FunctionRequest {
  readonly fn: FunctionResource;
}

/** A function, version or alias that exists. */
export interface NamedTarget extends NamedFunction {
  /** Undefined: `$LATEST`. Of an alias, the version that it points to. */
  readonly version: VersionResource | undefined;
  readonly alias: AliasResource | undefined;
}

/**
 * Reads the name, partial ARN or ARN of a request.
 * @throws LambdaError when it is none, contradicts the qualifier, or leads to another region or account
 */
export function readReference(
  input: { readonly FunctionName: string; readonly Qualifier?: string | undefined },
  { region, accountId }: ApiSite,
): FunctionRequest {
  const reference = parseFunctionReference(input.FunctionName, input.Qualifier);
  if (reference.region !== undefined && reference.region !== region) {
    throw new LambdaError(
      'ResourceNotFoundException',
      `Functions from '${reference.region}' are not reachable in this region ('${region}')`,
    );
  }
  if (reference.accountId !== undefined && reference.accountId !== accountId) {
    throw new LambdaError(
      'AccessDeniedException',
      `The function belongs to the account ${reference.accountId}, and this is the account ${accountId}.`,
    );
  }
  const { functionName, qualifier } = reference;
  const location = { region, accountId, functionName };
  return {
    functionName,
    qualifier,
    functionArn: makeFunctionArn(location),
    arn: makeFunctionArn(location, qualifier),
  };
}

/** @throws LambdaError `ResourceNotFoundException` when there is no such function */
export function requireFunction(
  input: { readonly FunctionName: string; readonly Qualifier?: string | undefined },
  { objects, site }: ApiCall,
): NamedFunction {
  const request = readReference(input, site);
  const fn = objects.findFunction(site.namespace, request.functionName);
  if (fn === undefined) throw functionNotFound(request.arn);
  return { ...request, fn };
}

/**
 * The function of a request that changes `$LATEST`.
 * @throws LambdaError `ResourceNotFoundException`, or `InvalidParameterValueException` when it names a version or an alias
 */
export function requireLatest(
  input: { readonly FunctionName: string },
  call: ApiCall,
): NamedFunction {
  const named = requireFunction(input, call);
  if (named.qualifier === undefined || named.qualifier === LATEST) return named;
  throw invalid(
    'This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.',
  );
}

/** @throws LambdaError `ResourceNotFoundException` when there is no such function, version or alias */
export function requireTarget(
  input: { readonly FunctionName: string; readonly Qualifier?: string | undefined },
  call: ApiCall,
): NamedTarget {
  const named = requireFunction(input, call);
  const { functionName, qualifier = LATEST } = named;
  const { objects, site } = call;
  if (qualifier === LATEST) return { ...named, version: undefined, alias: undefined };
  const isNumber = /^\d+$/.test(qualifier);
  const alias = isNumber ? undefined : objects.findAlias(site.namespace, functionName, qualifier);
  const number = alias === undefined ? qualifier : alias.spec.functionVersion;
  if (number === LATEST) return { ...named, version: undefined, alias };
  const version = objects.findVersion(site.namespace, functionName, number);
  if (version === undefined) throw functionNotFound(named.arn);
  return { ...named, version, alias };
}

/** AWS's answer for a function, version or alias that is not there. */
export function functionNotFound(arn: string): LambdaError {
  return new LambdaError('ResourceNotFoundException', `Function not found: ${arn}`);
}
