import { LATEST, LambdaError, makeFunctionArn } from '@mayfly/lambda-api';
import type { GetProvisionedConcurrencyConfigResponse } from '@mayfly/lambda-api/contract';
import { requestedBy, type ProvisionHolder } from '../concurrency-shares.ts';
import type { ApiCall, ApiSite } from '../operation.ts';
import { functionNotFound, requireFunction, type NamedFunction } from '../references.ts';
import { invalid } from '../invalid.ts';

/** A version or an alias, of a function that exists. */
export interface NamedHolder extends NamedFunction {
  readonly holder: ProvisionHolder;
}

/**
 * The version or alias that a request about provisioned concurrency names.
 * @throws LambdaError `ResourceNotFoundException`, or `InvalidParameterValueException` with the sentence for `$LATEST`
 */
export function requireHolder(
  input: { readonly FunctionName: string; readonly Qualifier: string },
  call: ApiCall,
  ofLatest: string,
): NamedHolder {
  const { objects, site } = call;
  if (input.Qualifier === LATEST) {
    throw invalid(ofLatest);
  }
  const named = requireFunction(input, call);
  const { functionName, qualifier = '', arn } = named;
  const isNumber = /^\d+$/.test(qualifier);
  const holder = isNumber
    ? objects.findVersion(site.namespace, functionName, qualifier)
    : objects.findAlias(site.namespace, functionName, qualifier);
  if (holder !== undefined) return { ...named, holder };
  if (isNumber) throw functionNotFound(arn);
  throw new LambdaError('ResourceNotFoundException', `Cannot find alias arn: ${arn}`);
}

/** Provisioned concurrency as the API says it. */
export function toProvisionedConfig(
  holder: ProvisionHolder,
): GetProvisionedConcurrencyConfigResponse {
  const status = holder.status?.provisionedConcurrency;
  if (status === undefined) {
    return {
      RequestedProvisionedConcurrentExecutions: requestedBy(holder),
      AllocatedProvisionedConcurrentExecutions: 0,
      AvailableProvisionedConcurrentExecutions: 0,
      Status: 'IN_PROGRESS',
      LastModified: toTime(holder.metadata.creationTimestamp),
    };
  }
  return {
    RequestedProvisionedConcurrentExecutions: status.requestedProvisionedConcurrentExecutions,
    AllocatedProvisionedConcurrentExecutions: status.allocatedProvisionedConcurrentExecutions,
    AvailableProvisionedConcurrentExecutions: status.availableProvisionedConcurrentExecutions,
    Status: status.status,
    StatusReason: status.statusReason,
    LastModified: toTime(status.lastModified ?? holder.metadata.creationTimestamp),
  };
}

/** `2026-01-02T03:04:05.678Z` → `2026-01-02T03:04:05+0000` */
export function toTime(iso: string): string {
  return new Date(iso).toISOString().replace(/\.\d+Z$/, '+0000');
}

/** The ARN of a version or an alias. */
export function arnOfHolder({ kind, spec }: ProvisionHolder, site: ApiSite): string {
  const { functionName } = spec;
  const qualifier = kind === 'Alias' ? spec.name : String(spec.version);
  return makeFunctionArn({ ...site, functionName }, qualifier);
}
