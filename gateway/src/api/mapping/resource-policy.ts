import type { AliasResource, FunctionResource, VersionResource } from '@mayfly/api';
import type { Permission, ResourcePolicy } from '@mayfly/core';
import { LATEST, LambdaError } from '@mayfly/lambda-api';
import type { ApiCall } from '../operation.ts';
import { functionNotFound, requireFunction, type FunctionRequest } from '../references.ts';
import { revisionIdOf } from './function-configuration.ts';
import { checkRevisionId, toRevisionId } from './revision-id.ts';

/** The object that holds the permissions of a function, version or alias. */
type PolicyHolder = FunctionResource | VersionResource | AliasResource;

/** A policy, and whose it is. */
export interface HeldPolicy extends FunctionRequest, ResourcePolicy {
  readonly holder: PolicyHolder;
  /** Changes with every change of the policy. */
  readonly revisionId: string;
}

interface PolicyInput {
  readonly FunctionName: string;
  readonly Qualifier?: string | undefined;
}

/**
 * The policy of what a request names; without permissions when there is none.
 * @throws LambdaError when there is no such function, version or alias, or it is `$LATEST`
 */
export function requirePolicy(input: PolicyInput, call: ApiCall): HeldPolicy {
  const named = requireFunction(input, call);
  const holder = findHolder(named, call);
  return toPolicy(named, holder);
}

function toPolicy(named: FunctionRequest, holder: PolicyHolder): HeldPolicy {
  const permissions: readonly Permission[] = holder.spec.permissions ?? [];
  const revisionId = toRevisionId(
    { ...holder.metadata, generation: 0 },
    JSON.stringify(permissions),
  );
  return { ...named, holder, permissions, resourceArn: named.arn, revisionId };
}

function findHolder(
  { fn, functionName, qualifier, arn }: FunctionRequest & { readonly fn: FunctionResource },
  { objects, site }: ApiCall,
): PolicyHolder {
  if (qualifier === undefined) return fn;
  if (qualifier === LATEST) {
    throw new LambdaError(
      'InvalidParameterValueException',
      'We currently do not support adding policies for $LATEST.',
    );
  }
  const holder = /^\d+$/.test(qualifier)
    ? objects.findVersion(site.namespace, functionName, qualifier)
    : objects.findAlias(site.namespace, functionName, qualifier);
  if (holder === undefined) throw functionNotFound(arn);
  return holder;
}

/** A change of a policy: what it is to hold, made of what it holds when it is written. */
export interface PolicyEdit {
  /** What the caller has seen, if it says so. */
  readonly revisionId: string | undefined;
  /** @throws LambdaError when it cannot be */
  readonly change: (policy: ResourcePolicy) => readonly Permission[];
}

/** Writes a policy, and answers it as it is then. */
export async function changePolicy(
  policy: HeldPolicy,
  { revisionId, change }: PolicyEdit,
  { writer, signal }: ApiCall,
): Promise<HeldPolicy> {
  const { kind, metadata: key } = policy.holder;
  const target = { key, notFound: () => functionNotFound(policy.arn) };
  const apply = <H extends PolicyHolder>(holder: H): H => {
    const current = toPolicy(policy, holder);
    checkSeen(revisionId, current);
    const permissions = change(current);
    const { permissions: _before, ...rest } = holder.spec;
    return { ...holder, spec: permissions.length === 0 ? rest : { ...rest, permissions } };
  };
  // Three kinds have permissions, and each is written as what it is.
  const written = await (kind === 'Function'
    ? writer.change('Function', target, { change: apply<FunctionResource>, signal })
    : kind === 'Version'
      ? writer.change('Version', target, { change: apply<VersionResource>, signal })
      : writer.change('Alias', target, { change: apply<AliasResource>, signal }));
  return toPolicy(policy, written);
}

/** Before there is a policy, callers know the revision of what it is to be for. */
function checkSeen(given: string | undefined, { holder, revisionId }: HeldPolicy): void {
  const ofHolder =
    holder.kind === 'Function'
      ? revisionIdOf(holder)
      : holder.kind === 'Alias'
        ? holder.status?.revisionId
        : toRevisionId(holder.metadata);
  if (given !== ofHolder) checkRevisionId(given, revisionId, { of: 'GetPolicy' });
}
