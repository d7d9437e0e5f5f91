import {
  functionNameOf,
  type AliasResource,
  type FunctionResource,
  type VersionResource,
} from '@mayfly/api';
import { minimumUnreserved, type ProvisionLimits } from '@mayfly/core';
import type { ApiCall } from './operation.ts';

/** What can have provisioned concurrency. */
export type ProvisionHolder = VersionResource | AliasResource;

/** The versions and aliases of a function that have provisioned concurrency, or may get it. */
export function holdersOf(
  functionName: string,
  { objects, site }: ApiCall,
): readonly ProvisionHolder[] {
  const { namespace } = site;
  return [
    ...objects.versionsOf(namespace, functionName),
    ...objects.aliasesOf(namespace, functionName),
  ];
}

/** How many execution environments are to be provisioned for it now; schedules change what holds. */
export function requestedBy({ spec, status }: ProvisionHolder): number {
  const { provisionedConcurrency: asked } = spec;
  if (asked === undefined) return 0;
  const told = status?.provisionedConcurrency?.requestedProvisionedConcurrentExecutions;
  return told ?? asked.provisionedConcurrentExecutions;
}

/** How many are to be provisioned for all of a function. */
export function provisionedOf(functionName: string, call: ApiCall): number {
  const holders = holdersOf(functionName, call);
  return holders.reduce((sum, holder) => sum + requestedBy(holder), 0);
}

/** What all functions of the account but one have reserved. */
export function reservedByOthers(fn: FunctionResource | undefined, call: ApiCall): number {
  return othersOf(fn, call).reduce(
    (sum, { spec }) => sum + (spec.reservedConcurrentExecutions ?? 0),
    0,
  );
}

/** What a function can have provisioned. */
export function provisionLimitsOf(fn: FunctionResource, call: ApiCall): ProvisionLimits {
  const { accountConcurrency } = call;
  const provisioned = othersOf(fn, call)
    .filter(({ spec }) => spec.reservedConcurrentExecutions === undefined)
    .reduce((sum, other) => sum + provisionedOf(functionNameOf(other), call), 0);
  return {
    reserved: fn.spec.reservedConcurrentExecutions,
    unreserved: accountConcurrency - reservedByOthers(fn, call) - provisioned,
    minimumUnreserved: minimumUnreserved({ accountConcurrency }),
  };
}

function othersOf(
  fn: FunctionResource | undefined,
  { objects, site }: ApiCall,
): readonly FunctionResource[] {
  const { uid } = fn?.metadata ?? {};
  return objects.functionsOf(site.namespace).filter((other) => other.metadata.uid !== uid);
}
