import { LambdaError, makeFunctionArn } from '@mayfly/lambda-api';
import { toAliasConfiguration } from '../mapping/alias-configuration.ts';
import { serve } from '../operation.ts';
import { readReference } from '../references.ts';

/** `GET /2015-03-31/functions/{FunctionName}/aliases/{Name}` */
export const getAlias = serve('GetAlias', (input, { objects, site }) => {
  const { functionName } = readReference(input, site);
  const alias = objects.findAlias(site.namespace, functionName, input.Name);
  if (alias !== undefined) return toAliasConfiguration(alias, site);
  throw new LambdaError(
    'ResourceNotFoundException',
    `Cannot find alias arn: ${makeFunctionArn({ ...site, functionName }, input.Name)}`,
  );
});
