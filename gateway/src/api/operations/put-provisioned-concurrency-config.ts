import type { AliasResource, ProvisionedConcurrency, VersionResource } from '@mayfly/api';
import { judgeProvision, type ProvisionWish } from '@mayfly/core';
import { LambdaError } from '@mayfly/lambda-api';
import {
  holdersOf,
  provisionLimitsOf,
  requestedBy,
  type ProvisionHolder,
} from '../concurrency-shares.ts';
import {
  requireHolder,
  toProvisionedConfig,
  toTime,
  type NamedHolder,
} from '../mapping/provisioned-config.ts';
import { serve, type ApiCall } from '../operation.ts';
import { functionNotFound } from '../references.ts';

const UNPUBLISHED =
  'Provisioned Concurrency Configs cannot be applied to unpublished function versions.';

/** `PUT /2019-09-30/functions/{FunctionName}/provisioned-concurrency` */
export const putProvisionedConcurrencyConfig = serve(
  'PutProvisionedConcurrencyConfig',
  async (input, call) => {
    const named = requireHolder(input, call, UNPUBLISHED);
    const { ProvisionedConcurrentExecutions: requested } = input;
    checkProvision(named, requested, call);
    const written = await writeProvisioned(named, requested, call);
    const status = written.status?.provisionedConcurrency;
    const isTold = status?.requestedProvisionedConcurrentExecutions === requested;
    return {
      ...toProvisionedConfig(written),
      RequestedProvisionedConcurrentExecutions: requested,
      ...(isTold ? {} : { LastModified: toTime(new Date(call.clock.now()).toISOString()) }),
      // What has been asked for just now is on its way, as in Lambda.
      Status: 'IN_PROGRESS',
      StatusReason: undefined,
    };
  },
);

/** @throws LambdaError when the operator would not grant it */
function checkProvision(
  { holder, fn, functionName }: NamedHolder,
  requested: number,
  call: ApiCall,
): void {
  const wishes = holdersOf(functionName, call).map((other) =>
    other.metadata.uid === holder.metadata.uid ? toWish(other, requested) : toWish(other),
  );
  const limits = provisionLimitsOf(fn, call);
  const problem = judgeProvision(wishes, limits).get(holder.metadata.uid);
  if (problem === undefined) return;
  const isConflict = /already Provisioned version|pointed by a Provisioned/.test(problem);
  throw new LambdaError(
    isConflict ? 'ResourceConflictException' : 'InvalidParameterValueException',
    problem,
  );
}

/** What the others have stays theirs; more than there was is judged after them. */
function toWish(holder: ProvisionHolder, asked?: number): ProvisionWish {
  const before = requestedBy(holder);
  const requested = asked ?? before;
  return {
    owner: holder.metadata.uid,
    kind: holder.kind,
    requested,
    kept: requested > before ? 0 : before,
    versions: holder.kind === 'Alias' ? versionsOf(holder) : [String(holder.spec.version)],
  };
}

function versionsOf({ spec }: AliasResource): readonly string[] {
  const others = Object.keys(spec.routingConfig?.additionalVersionWeights ?? {});
  return [spec.functionVersion, ...others];
}

/**
 * Writes how many are to be provisioned; undefined: none, and no schedules either.
 * @returns the object, as the operator has judged it
 */
export async function writeProvisioned(
  { holder, functionName, qualifier = '', arn }: NamedHolder,
  requested: number | undefined,
  { writer, objects, signal }: ApiCall,
): Promise<ProvisionHolder> {
  const of = { key: holder.metadata, notFound: () => functionNotFound(arn) };
  const change = <T extends ProvisionHolder>(object: T): T => withProvisioned(object, requested);
  const { namespace } = holder.metadata;
  if (holder.kind === 'Version') {
    const written = await writer.change<'Version'>('Version', of, { change, signal });
    return objects.findVersion(namespace, functionName, qualifier) ?? written;
  }
  const written = await writer.change<'Alias'>('Alias', of, { change, signal });
  return objects.findAlias(namespace, functionName, qualifier) ?? written;
}

function withProvisioned<T extends VersionResource | AliasResource>(
  object: T,
  requested: number | undefined,
): T {
  const { provisionedConcurrency: before, ...spec } = object.spec;
  if (requested === undefined) return { ...object, spec };
  const provisionedConcurrency: ProvisionedConcurrency = {
    // Schedules and target tracking, which the API does not know, go on.
    ...before,
    provisionedConcurrentExecutions: requested,
  };
  return { ...object, spec: { ...spec, provisionedConcurrency } };
}
