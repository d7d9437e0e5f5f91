import { serve } from '../operation.ts';
import { requireFunction } from '../references.ts';

/** `DELETE /2015-03-31/functions/{FunctionName}/aliases/{Name}`; one that is not there is deleted, as in Lambda. */
export const deleteAlias = serve('DeleteAlias', async (input, call) => {
  const { functionName } = requireFunction(input, call);
  const { objects, site, writer, signal } = call;
  const alias = objects.findAlias(site.namespace, functionName, input.Name);
  if (alias !== undefined) await writer.delete(alias, signal);
  return {};
});
