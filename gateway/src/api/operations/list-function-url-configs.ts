import { toUrlConfig } from '../mapping/url-config.ts';
import { urlHolderNotFound } from '../objects/url-holder.ts';
import { serve } from '../operation.ts';
import { toPage } from '../paging.ts';
import { readReference } from '../references.ts';

/** `GET /2021-10-31/functions/{FunctionName}/urls` */
export const listFunctionUrlConfigs = serve('ListFunctionUrlConfigs', (input, call) => {
  const { objects, site } = call;
  const { functionName } = readReference(input, site);
  const fn = objects.findFunction(site.namespace, functionName);
  if (fn === undefined) throw urlHolderNotFound();
  const holders = [fn, ...objects.aliasesOf(site.namespace, functionName)];
  const configs = holders.flatMap((holder) =>
    holder.spec.url === undefined ? [] : [toUrlConfig(holder, holder.spec.url, call)],
  );
  const { items, nextMarker } = toPage(configs, input, { keyOf: (config) => config.FunctionArn });
  return { FunctionUrlConfigs: items, NextMarker: nextMarker };
});
