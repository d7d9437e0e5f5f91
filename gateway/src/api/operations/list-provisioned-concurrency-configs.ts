import { holdersOf } from '../concurrency-shares.ts';
import { arnOfHolder, toProvisionedConfig } from '../mapping/provisioned-config.ts';
import { serve } from '../operation.ts';
import { toPage } from '../paging.ts';
import { requireFunction } from '../references.ts';

/** `GET /2019-09-30/functions/{FunctionName}/provisioned-concurrency?List=ALL` */
export const listProvisionedConcurrencyConfigs = serve(
  'ListProvisionedConcurrencyConfigs',
  (input, call) => {
    const { functionName } = requireFunction(input, call);
    const configs = holdersOf(functionName, call)
      .filter(({ spec }) => spec.provisionedConcurrency !== undefined)
      .map((holder) => ({
        FunctionArn: arnOfHolder(holder, call.site),
        ...toProvisionedConfig(holder),
      }))
      .toSorted((a, b) => (a.FunctionArn < b.FunctionArn ? -1 : 1));
    const { items, nextMarker } = toPage(configs, input, { keyOf: (config) => config.FunctionArn });
    return { ProvisionedConcurrencyConfigs: items, NextMarker: nextMarker };
  },
);
