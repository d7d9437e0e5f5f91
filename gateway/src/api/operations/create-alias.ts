import { API_VERSION } from '@mayfly/api';
import { isStoreError, makeObjectName } from '@mayfly/core';
import { LambdaError, makeFunctionArn } from '@mayfly/lambda-api';
import type { CreateAliasRequest } from '@mayfly/lambda-api/contract';
import { toAliasConfiguration, toRoutingConfig } from '../mapping/alias-configuration.ts';
import { makeOwner } from '../objects/make-owner.ts';
import { serve, type ApiCall } from '../operation.ts';
import { readReference, requireFunction } from '../references.ts';
import { checkRouting } from '../releases/check-routing.ts';

type NewAlias = Parameters<ApiCall['writer']['create']>[0] & { readonly kind: 'Alias' };

/** `POST /2015-03-31/functions/{FunctionName}/aliases` */
export const createAlias = serve('CreateAlias', async (input, call) => {
  const { functionName } = readReference(input, call.site);
  const { objects, site, writer, signal } = call;
  const { Name: name, FunctionVersion: functionVersion } = input;
  const weights = input.RoutingConfig?.AdditionalVersionWeights ?? {};
  checkRouting({ functionName, functionVersion, weights }, call);
  const taken = new LambdaError(
    'ResourceConflictException',
    `Alias already exists: ${makeFunctionArn({ ...site, functionName }, name)}`,
  );
  if (objects.findAlias(site.namespace, functionName, name) !== undefined) throw taken;
  const object = makeAlias(input, call);
  const created = await writer.create<'Alias'>(object, signal).catch((error: unknown) => {
    // Another call was faster.
    throw isStoreError(error, 'AlreadyExists') ? taken : error;
  });
  const known = objects.findAlias(site.namespace, functionName, name);
  return toAliasConfiguration(known ?? created, site);
});

function makeAlias(input: CreateAliasRequest, call: ApiCall): NewAlias {
  const { fn, functionName } = requireFunction(input, call);
  const routingConfig = toRoutingConfig(input.RoutingConfig);
  return {
    apiVersion: API_VERSION,
    kind: 'Alias',
    metadata: {
      name: makeObjectName(functionName, input.Name),
      namespace: call.site.namespace,
      ownerReferences: makeOwner(fn),
    },
    spec: {
      functionName,
      name: input.Name,
      functionVersion: input.FunctionVersion,
      ...(input.Description === undefined ? {} : { description: input.Description }),
      ...(routingConfig === undefined ? {} : { routingConfig }),
    },
  };
}
