import type { V1Pod, V1ResourceRequirements } from '@kubernetes/client-node';
import type { Clock } from '@mayfly/core';
import type { KubeApi } from './kube-api.ts';
import { ObjectInformer } from './object-informer.ts';

export type { V1Pod, V1ResourceRequirements } from '@kubernetes/client-node';

/** Labels and annotations that are set; null removes one. */
export interface MetadataChange {
  readonly labels?: Readonly<Record<string, string | null>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly object[];
}

/** Pods of all namespaces. */
export class PodApi {
  readonly #api: KubeApi;

  constructor(api: KubeApi) {
    this.#api = api;
  }

  /** @throws KubeError 409 when it exists, 403 when a quota or policy is against it */
  async create(pod: V1Pod, signal?: AbortSignal): Promise<V1Pod> {
    const path = podPath(pod.metadata?.namespace ?? '');
    return (await this.#api.call({ method: 'POST', path, body: pod, signal })) as V1Pod;
  }

  /** Asks for its end; one that is not there is fine. */
  async delete(
    pod: { readonly namespace: string; readonly name: string },
    options: { readonly gracePeriodSeconds?: number } = {},
    signal?: AbortSignal,
  ): Promise<void> {
    const path = podPath(pod.namespace, pod.name);
    await this.#api.find({ method: 'DELETE', path, body: options, signal });
  }

  /** Pods that a label selector finds. */
  async list(labelSelector: string, signal?: AbortSignal): Promise<readonly V1Pod[]> {
    const path = '/api/v1/pods';
    const found = await this.#api.call({ method: 'GET', path, query: { labelSelector }, signal });
    return (found as { items: V1Pod[] }).items;
  }

  /** Follows the pods that a label selector finds; `start` it. */
  inform(
    labelSelector: string,
    { clock, onError }: { readonly clock: Clock; readonly onError: (error: unknown) => void },
  ): ObjectInformer<V1Pod> {
    const { api, path } = { api: this.#api, path: '/api/v1/pods' };
    return new ObjectInformer({ api, path, labelSelector, clock, onError });
  }

  async patchMetadata(
    pod: { readonly namespace: string; readonly name: string },
    metadata: MetadataChange,
    signal?: AbortSignal,
  ): Promise<void> {
    const path = podPath(pod.namespace, pod.name);
    const body = { metadata };
    await this.#api.call({ method: 'PATCH', patch: 'merge', path, body, signal });
  }

  /** Whether the API server knows the subresource `resize` of pods. */
  async canResize(signal?: AbortSignal): Promise<boolean> {
    const found = await this.#api.call({ method: 'GET', path: '/api/v1', signal });
    const { resources = [] } = found as { resources?: readonly { readonly name: string }[] };
    return resources.some(({ name }) => name === 'pods/resize');
  }

  /** Changes the resources of a running container in place. Needs Kubernetes 1.33. */
  async resize(
    pod: { readonly namespace: string; readonly name: string },
    container: { readonly name: string; readonly resources: V1ResourceRequirements },
    signal?: AbortSignal,
  ): Promise<void> {
    const path = `${podPath(pod.namespace, pod.name)}/resize`;
    const body = { spec: { containers: [container] } };
    await this.#api.call({ method: 'PATCH', patch: 'strategic', path, body, signal });
  }
}

function podPath(namespace: string, name?: string): string {
  const collection = `/api/v1/namespaces/${namespace}/pods`;
  return name === undefined ? collection : `${collection}/${name}`;
}
