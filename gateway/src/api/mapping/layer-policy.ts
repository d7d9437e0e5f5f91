import type { LayerVersionResource } from '@mayfly/api';
import type { ResourcePolicy } from '@mayfly/core';
import { LambdaError, makeLayerArn } from '@mayfly/lambda-api';
import type { ApiCall } from '../operation.ts';
import { checkVersionNumber, readLayerName } from './layer-version.ts';
import { toPolicyRevisionId, type PolicyEdit } from './policy-edit.ts';
import { checkRevisionId } from './revision-id.ts';

/** The policy of a version of a layer. */
export interface LayerPolicy extends ResourcePolicy {
  readonly layer: LayerVersionResource;
  /** Changes with every change of the policy. */
  readonly revisionId: string;
}

type LayerPermissions = NonNullable<LayerVersionResource['spec']['permissions']>;

/** @throws LambdaError `ResourceNotFoundException` when there is no such version */
export function requireLayerPolicy(
  input: { readonly LayerName: string; readonly VersionNumber: number },
  { objects, site }: ApiCall,
): LayerPolicy {
  const { layerName } = readLayerName(input, site);
  checkVersionNumber(input);
  const resourceArn = makeLayerArn({ ...site, layerName }, input.VersionNumber);
  const layer = objects.findLayerVersion(site.namespace, layerName, input.VersionNumber);
  if (layer === undefined) throw layerNotFound(resourceArn);
  return toPolicy(layer, resourceArn);
}

/** Writes a policy, and answers it as it is then. */
export async function changeLayerPolicy(
  { layer, resourceArn }: LayerPolicy,
  { revisionId, change }: PolicyEdit,
  { writer, signal }: ApiCall,
): Promise<LayerPolicy> {
  const apply = (current: LayerVersionResource): LayerVersionResource => {
    const policy = toPolicy(current, resourceArn);
    checkRevisionId(revisionId, policy.revisionId, { of: 'GetLayerPolicy' });
    const permissions = change(policy).map(({ statementId, principal }) => ({
      statementId,
      action: 'lambda:GetLayerVersion' as const,
      principal,
    })) satisfies LayerPermissions;
    const { permissions: _before, ...rest } = current.spec;
    return { ...current, spec: permissions.length === 0 ? rest : { ...rest, permissions } };
  };
  const target = { key: layer.metadata, notFound: () => layerNotFound(resourceArn) };
  const written = await writer.change('LayerVersion', target, { change: apply, signal });
  return toPolicy(written, resourceArn);
}

function toPolicy(layer: LayerVersionResource, resourceArn: string): LayerPolicy {
  const permissions = layer.spec.permissions ?? [];
  const revisionId = toPolicyRevisionId(layer.metadata, permissions);
  return { layer, permissions, resourceArn, revisionId };
}

function layerNotFound(arn: string): LambdaError {
  return new LambdaError('ResourceNotFoundException', `Layer version ${arn} does not exist.`);
}
