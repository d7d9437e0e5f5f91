import { functionNameOf, type FunctionResource } from '@mayfly/api';
import { LATEST, makeFunctionArn } from '@mayfly/lambda-api';
import {
  toFunctionConfiguration,
  type ConfiguredFunction,
} from '../mapping/function-configuration.ts';
import { serve, type ApiCall } from '../operation.ts';
import { toPage } from '../paging.ts';
import { invalid } from '../invalid.ts';

/** `GET /2015-03-31/functions/` */
export const listFunctions = serve('ListFunctions', (input, call) => {
  if (
    input.MasterRegion !== undefined &&
    input.MasterRegion !== 'ALL' &&
    input.MasterRegion !== call.site.region
  ) {
    throw invalid('There are no functions of other regions here: leave MasterRegion out.');
  }
  const isAll = input.FunctionVersion === 'ALL';
  const listed = call.objects
    .functionsOf(call.site.namespace)
    .flatMap((fn) => (isAll ? withVersions(fn, call) : [toLatest(fn, call)]));
  // A number has its place in the key, so that 10 comes after 9.
  const keyOf = ({ fn, version }: ConfiguredFunction): string =>
    `${functionNameOf(fn)} ${(version?.spec.version ?? 0).toString().padStart(10, '0')}`;
  const { items, nextMarker } = toPage(listed, input, { keyOf });
  return {
    Functions: items.map((item) => withoutState(toFunctionConfiguration(item, call.site))),
    NextMarker: nextMarker,
  };
});

function toLatest(fn: FunctionResource, { site }: ApiCall, qualifier?: string): ConfiguredFunction {
  const location = { ...site, functionName: functionNameOf(fn) };
  return { fn, version: undefined, arn: makeFunctionArn(location, qualifier) };
}

function withVersions(fn: FunctionResource, call: ApiCall): readonly ConfiguredFunction[] {
  const functionName = functionNameOf(fn);
  const versions = call.objects.versionsOf(call.site.namespace, functionName);
  return [
    toLatest(fn, call, LATEST),
    ...versions.map((version) => {
      const number = (version.spec.version ?? 0).toString();
      return { fn, version, arn: makeFunctionArn({ ...call.site, functionName }, number) };
    }),
  ];
}

/** Lambda's lists say nothing of states and runtimes' releases: they come from another place there. */
export function withoutState<T extends object>(configuration: T): T {
  const left = Object.entries(configuration).filter(
    ([name]) => !/^(State|LastUpdateStatus|RuntimeVersionConfig)/.test(name),
  );
  // Every member that is left out is optional.
  return Object.fromEntries(left) as T;
}
