import type { AliasResource } from '@mayfly/api';
import { LambdaError, makeFunctionArn } from '@mayfly/lambda-api';
import type { UpdateAliasRequest } from '@mayfly/lambda-api/contract';
import {
  aliasRevisionIdOf,
  toAliasConfiguration,
  toRoutingConfig,
} from '../mapping/alias-configuration.ts';
import { checkRevisionId } from '../mapping/revision-id.ts';
import { serve, type ApiCall } from '../operation.ts';
import { requireFunction } from '../references.ts';
import { checkRouting } from '../releases/check-routing.ts';

/** `PUT /2015-03-31/functions/{FunctionName}/aliases/{Name}` */
export const updateAlias = serve('UpdateAlias', async (input, call) => {
  const { functionName } = requireFunction(input, call);
  const { objects, site, writer, signal } = call;
  const notFound = (): LambdaError =>
    new LambdaError(
      'ResourceNotFoundException',
      `Alias not found: ${makeFunctionArn({ ...site, functionName }, input.Name)}`,
    );
  const alias = objects.findAlias(site.namespace, functionName, input.Name);
  if (alias === undefined) throw notFound();
  const change = (object: AliasResource): AliasResource => {
    checkRevisionId(input.RevisionId, aliasRevisionIdOf(object), { of: 'GetFunction/GetAlias' });
    return withChanges(object, input, call);
  };
  const of = { key: alias.metadata, notFound };
  const written = await writer.change<'Alias'>('Alias', of, { change, signal });
  const known = objects.findAlias(site.namespace, functionName, input.Name);
  return toAliasConfiguration(known ?? written, site);
});

/** What a request does not name stays as it is. */
function withChanges(
  alias: AliasResource,
  { FunctionVersion, Description, RoutingConfig }: UpdateAliasRequest,
  call: ApiCall,
): AliasResource {
  const { routingConfig: before, ...rest } = alias.spec;
  const functionVersion = FunctionVersion ?? rest.functionVersion;
  const routingConfig = RoutingConfig === undefined ? before : toRoutingConfig(RoutingConfig);
  if (FunctionVersion !== undefined || RoutingConfig !== undefined) {
    const weights = routingConfig?.additionalVersionWeights ?? {};
    checkRouting({ functionName: rest.functionName, functionVersion, weights }, call);
  }
  const spec = {
    ...rest,
    functionVersion,
    description: Description ?? rest.description,
    ...(routingConfig === undefined ? {} : { routingConfig }),
  };
  return { ...alias, spec };
}
