import type { FunctionResource, FunctionSpec } from '@mayfly/api';
import type { ApiCall } from '../operation.ts';
import { functionNotFound, type NamedFunction } from '../references.ts';

/**
 * Changes settings of a function that are neither its code nor its configuration: a change of these may be on its way,
 * and is not counted as modified by them.
 * @throws LambdaError what `apply` throws
 */
export async function editFunction(
  { fn, functionArn }: NamedFunction,
  apply: (spec: FunctionSpec) => FunctionSpec,
  { writer, signal }: ApiCall,
): Promise<FunctionResource> {
  const change = (current: FunctionResource): FunctionResource => ({
    ...current,
    spec: apply(current.spec),
  });
  const of = { key: fn.metadata, notFound: () => functionNotFound(functionArn) };
  return writer.change<'Function'>('Function', of, { change, signal });
}
