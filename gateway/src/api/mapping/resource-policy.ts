import type { Permission, ResourcePolicy } from '@mayfly/core';
import { LATEST } from '@mayfly/lambda-api';
import {
  changeQualifiedHolder,
  findQualifiedHolder,
  type QualifiedHolder,
} from '../objects/qualified-holder.ts';
import type { ApiCall } from '../operation.ts';
import { functionNotFound, requireFunction, type FunctionRequest } from '../references.ts';
import { revisionIdOf } from './function-configuration.ts';
import { toPolicyRevisionId, type PolicyEdit } from './policy-edit.ts';
import { checkRevisionId, toRevisionId } from './revision-id.ts';
import { invalid } from '../invalid.ts';

/** A policy, and whose it is. */
export interface HeldPolicy extends FunctionRequest, ResourcePolicy {
  readonly holder: QualifiedHolder;
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
  return toPolicy(named, requireHolder(named, call));
}

function toPolicy(named: FunctionRequest, holder: QualifiedHolder): HeldPolicy {
  const permissions: readonly Permission[] = holder.spec.permissions ?? [];
  const revisionId = toPolicyRevisionId(holder.metadata, permissions);
  return { ...named, holder, permissions, resourceArn: named.arn, revisionId };
}

function requireHolder(named: FunctionRequest, call: ApiCall): QualifiedHolder {
  if (named.qualifier === LATEST) {
    throw invalid('We currently do not support adding policies for $LATEST.');
  }
  const holder = findQualifiedHolder(named, call);
  if (holder === undefined) throw functionNotFound(named.arn);
  return holder;
}

/** Writes a policy, and answers it as it is then. */
export async function changePolicy(
  policy: HeldPolicy,
  { revisionId, change }: PolicyEdit,
  call: ApiCall,
): Promise<HeldPolicy> {
  const apply = <H extends QualifiedHolder>(holder: H): H => {
    const current = toPolicy(policy, holder);
    checkSeen(revisionId, current);
    const permissions = change(current);
    const { permissions: _before, ...rest } = holder.spec;
    return { ...holder, spec: permissions.length === 0 ? rest : { ...rest, permissions } };
  };
  const edit = { notFound: () => functionNotFound(policy.arn), change: apply };
  return toPolicy(policy, await changeQualifiedHolder(policy.holder, edit, call));
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
