import { LATEST, makeFunctionArn } from '@mayfly/lambda-api';
import type { ApiCall } from '../operation.ts';
import { functionNotFound } from '../references.ts';
import { invalid } from '../invalid.ts';

/** Where an alias is to point. */
export interface AliasTarget {
  readonly functionName: string;
  readonly functionVersion: string;
  /** Shares of other versions, by their number. */
  readonly weights: Readonly<Record<string, number>>;
}

/**
 * Checks what an alias is to point to, in Lambda's words.
 * @throws LambdaError when Lambda refuses it, or a version is not there
 */
export function checkRouting(
  { functionName, functionVersion, weights }: AliasTarget,
  { objects, site }: ApiCall,
): void {
  const others = Object.keys(weights);
  if (others.length > 1) {
    throw invalid('Number of items in AdditionalVersionWeights cannot be greater than 1');
  }
  if (others.length > 0 && functionVersion === LATEST) {
    throw invalid('$LATEST is not supported for an alias pointing to more than 1 version');
  }
  if (others.includes(functionVersion)) {
    throw invalid(
      `Invalid function version ${functionVersion}. Function version ${functionVersion} is already included in routing configuration.`,
    );
  }
  const fn = objects.findFunction(site.namespace, functionName);
  for (const version of [functionVersion, ...others]) {
    const isThere =
      version === LATEST
        ? fn !== undefined
        : objects.findVersion(site.namespace, functionName, version) !== undefined;
    if (!isThere) throw functionNotFound(makeFunctionArn({ ...site, functionName }, version));
  }
}
