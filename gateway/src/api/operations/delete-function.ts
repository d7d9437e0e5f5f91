import { LATEST, LambdaError } from '@mayfly/lambda-api';
import { findAliasesOf } from '@mayfly/core';
import { serve } from '../operation.ts';
import { functionNotFound, requireFunction, requireTarget } from '../references.ts';
import { invalid } from '../invalid.ts';

/** `DELETE /2015-03-31/functions/{FunctionName}` */
export const deleteFunction = serve('DeleteFunction', async (input, call) => {
  const { fn, functionName, qualifier, functionArn } = requireFunction(input, call);
  const { objects, site, writer, signal } = call;
  if (qualifier === undefined) {
    // What names a function goes with it: another function of that name is to begin anew.
    const aliases = objects.aliasesOf(site.namespace, functionName);
    const versions = objects.versionsOf(site.namespace, functionName);
    await writer.delete(fn, signal);
    await Promise.all([...aliases, ...versions].map((object) => writer.delete(object, signal)));
    return { StatusCode: 204 };
  }
  if (qualifier === LATEST) {
    throw invalid('$LATEST version cannot be deleted without deleting the function.');
  }
  const { version, alias } = requireTarget(input, call);
  if (alias !== undefined || version === undefined)
    throw functionNotFound(`${functionArn}:${qualifier}`);
  const holders = findAliasesOf(Number(qualifier), objects.aliasesOf(site.namespace, functionName));
  if (holders.length > 0) {
    throw new LambdaError(
      'ResourceConflictException',
      `Unable to delete version because the following aliases reference it: [${holders.join(', ')}]`,
    );
  }
  await writer.delete(version, signal);
  return { StatusCode: 204 };
});
