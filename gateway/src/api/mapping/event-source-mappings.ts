import type { EventSourceMappingResource } from '@mayfly/api';
import { LATEST, LambdaError } from '@mayfly/lambda-api';
import type { ApiCall } from '../operation.ts';
import { readReference } from '../references.ts';
import { invalid } from '../invalid.ts';

/**
 * The mapping with that UUID.
 * @throws LambdaError `ResourceNotFoundException`
 */
export function requireMapping(
  uuid: string,
  { objects, site }: ApiCall,
): EventSourceMappingResource {
  const mapping = objects.mappingsOf(site.namespace).find(({ metadata }) => metadata.uid === uuid);
  if (mapping === undefined) throw mappingNotFound();
  return mapping;
}

/** AWS's answer for a mapping that is not there. */
export function mappingNotFound(): LambdaError {
  return new LambdaError('ResourceNotFoundException', 'The resource you requested does not exist.');
}

/**
 * `spec.functionName` for the function, version or alias that a request names.
 * @throws LambdaError `InvalidParameterValueException` when there is none
 */
export function toMappedFunction(FunctionName: string, { objects, site }: ApiCall): string {
  const { functionName, qualifier } = readReference({ FunctionName }, site);
  const { namespace } = site;
  const isThere =
    qualifier === undefined || qualifier === LATEST
      ? objects.findFunction(namespace, functionName) !== undefined
      : (objects.findVersion(namespace, functionName, qualifier) ??
          objects.findAlias(namespace, functionName, qualifier)) !== undefined;
  if (!isThere) throw invalid('Function does not exist');
  return qualifier === undefined ? functionName : `${functionName}:${qualifier}`;
}
