import type { V1Node } from '@kubernetes/client-node';
import type { Clock } from '@mayfly/core';
import type { KubeApi } from './kube-api.ts';
import { ObjectInformer } from './object-informer.ts';

export type { V1Node } from '@kubernetes/client-node';

/** Follows the nodes; `start` it. */
export function makeNodeInformer(
  api: KubeApi,
  { clock, onError }: { readonly clock: Clock; readonly onError: (error: unknown) => void },
): ObjectInformer<V1Node> {
  return new ObjectInformer({ api, path: '/api/v1/nodes', clock, onError });
}

/** What the kubelet last said of itself, or the control plane of a kubelet that is silent. */
export function isNodeReady(node: V1Node): boolean {
  return (node.status?.conditions ?? []).some((c) => c.type === 'Ready' && c.status === 'True');
}
