import { LATEST, makeFunctionArn } from '@mayfly/lambda-api';
import {
  toFunctionConfiguration,
  type ConfiguredFunction,
} from '../mapping/function-configuration.ts';
import { serve } from '../operation.ts';
import { toPage } from '../paging.ts';
import { requireFunction } from '../references.ts';
import { withoutState } from './list-functions.ts';

/** `GET /2015-03-31/functions/{FunctionName}/versions` */
export const listVersionsByFunction = serve('ListVersionsByFunction', (input, call) => {
  const { fn, functionName } = requireFunction(input, call);
  const { objects, site } = call;
  const versions = [undefined, ...objects.versionsOf(site.namespace, functionName)];
  const listed = versions.map((version): ConfiguredFunction => {
    const qualifier = version?.spec.version?.toString() ?? LATEST;
    return { fn, version, arn: makeFunctionArn({ ...site, functionName }, qualifier) };
  });
  // So that 10 comes after 9.
  const keyOf = ({ version }: ConfiguredFunction): string =>
    (version?.spec.version ?? 0).toString().padStart(10, '0');
  const { items, nextMarker } = toPage(listed, input, { keyOf });
  return {
    Versions: items.map((item) => withoutState(toFunctionConfiguration(item, site))),
    NextMarker: nextMarker,
  };
});
