import type { AssignedCode } from '@mayfly/core';
import type { ContainerResources, OwnerReference, PodManifest } from '@mayfly/manifests';
import type { PodRef } from './agent-token.ts';

/** What of a container's status the driver reads. */
export interface ContainerStatus {
  readonly name: string;
  readonly restartCount?: number | undefined;
  /** As the kubelet has set them. */
  readonly resources?: ResourceLimits | undefined;
  readonly state?:
    | {
        readonly running?: unknown;
        readonly waiting?: Cause | undefined;
        readonly terminated?: (Cause & { readonly exitCode?: number | undefined }) | undefined;
      }
    | undefined;
}

/** What of the resources of a container the driver reads. */
export interface ResourceLimits {
  readonly limits?: Readonly<Record<string, string>> | undefined;
}

/** Kubernetes' own words for why. */
export interface Cause {
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
}

/** What of a pod the driver reads. */
export interface PodObject {
  readonly metadata?:
    | {
        readonly name?: string | undefined;
        readonly namespace?: string | undefined;
        readonly uid?: string | undefined;
        readonly labels?: Readonly<Record<string, string>> | undefined;
        readonly annotations?: Readonly<Record<string, string>> | undefined;
        readonly creationTimestamp?: string | Date | undefined;
        readonly deletionTimestamp?: string | Date | undefined;
      }
    | undefined;
  readonly spec?:
    | {
        readonly nodeName?: string | undefined;
        readonly terminationGracePeriodSeconds?: number | undefined;
        readonly containers?:
          | readonly { readonly name: string; readonly resources?: ResourceLimits | undefined }[]
          | undefined;
      }
    | undefined;
  readonly status?:
    | (Cause & {
        readonly phase?: string | undefined;
        readonly podIP?: string | undefined;
        readonly conditions?:
          readonly (Cause & { readonly type: string; readonly status: string })[] | undefined;
        readonly containerStatuses?: readonly ContainerStatus[] | undefined;
      })
    | undefined;
}

/** What is changed of a pod's metadata: `null` removes a label. */
export interface MetadataPatch {
  readonly labels?: Readonly<Record<string, string | null>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
}

/**
 * Pods on the API server. Refusals are errors with the HTTP `status`; one without an answer is a
 * `KubeUnreachableError`.
 */
export interface PodClient {
  create(pod: PodManifest, signal: AbortSignal): Promise<unknown>;
  /** Asks for its end; one that is not there is fine. */
  delete(
    ref: PodRef,
    options: { readonly gracePeriodSeconds: number },
    signal: AbortSignal,
  ): Promise<unknown>;
  /** Of all namespaces, as they are now: not from a cache. */
  list(labelSelector: string, signal: AbortSignal): Promise<readonly PodObject[]>;
  patchMetadata(ref: PodRef, patch: MetadataPatch, signal: AbortSignal): Promise<unknown>;
  /** Whether this cluster has the subresource `resize`. */
  canResize(signal: AbortSignal): Promise<boolean>;
  /** By the subresource `resize`. */
  resize(
    ref: PodRef,
    container: { readonly name: string; readonly resources: ContainerResources },
    signal: AbortSignal,
  ): Promise<unknown>;
}

/** Changes of the pods that `FUNCTION_PODS_SELECTOR` selects; `undefined`: it is gone. */
export interface PodWatch {
  get(namespace: string, name: string): PodObject | undefined;
  onChange(listener: (ref: PodRef, pod: PodObject | undefined) => void): () => void;
}

/** Where an agent gets an archive. */
export interface CodeLocator {
  locate(codeSha256: string, signal?: AbortSignal): Promise<AssignedCode['source']>;
}

/** Reads what variables refer to; values are decoded. Undefined: there is no such object. */
export interface ReferenceReader {
  readSecret(
    ref: PodRef,
    signal?: AbortSignal,
  ): Promise<Readonly<Record<string, string>> | undefined>;
  readConfigMap(
    ref: PodRef,
    signal?: AbortSignal,
  ): Promise<Readonly<Record<string, string>> | undefined>;
}
