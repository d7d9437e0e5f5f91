import type { AliasResource } from '@mayfly/api';
import { toAliasConfiguration } from '../mapping/alias-configuration.ts';
import { serve } from '../operation.ts';
import { toPage } from '../paging.ts';
import { requireFunction } from '../references.ts';

/** `GET /2015-03-31/functions/{FunctionName}/aliases` */
export const listAliases = serve('ListAliases', (input, call) => {
  const { functionName } = requireFunction(input, call);
  const { objects, site } = call;
  const { FunctionVersion: version } = input;
  const listed = objects
    .aliasesOf(site.namespace, functionName)
    .filter((alias) => version === undefined || invokes(alias, version));
  const { items, nextMarker } = toPage(listed, input, { keyOf: ({ spec }) => spec.name });
  return {
    Aliases: items.map((alias) => toAliasConfiguration(alias, site)),
    NextMarker: nextMarker,
  };
});

function invokes({ spec }: AliasResource, version: string): boolean {
  const weights = spec.routingConfig?.additionalVersionWeights ?? {};
  return spec.functionVersion === version || version in weights;
}
