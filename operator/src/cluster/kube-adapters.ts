import {
  applyObject,
  deleteObject,
  isKubeError,
  PodApi,
  SecretApi,
  type KubeApi,
  type V1Pod,
} from '@mayfly/kube';
import { makeFunctionsNetworkPolicy, type PlatformPods } from '@mayfly/manifests';
import type { SecretStore, WriteOutcome } from '../certificates/secret-store.ts';
import type { NetworkPolicyWriter } from '../controllers/namespace/network-policies.ts';
import type { PodClient, ReferenceReader } from '../pods/pod-ports.ts';

const FIELD_MANAGER = 'mayfly-operator';

/** Pods, as the driver asks for them. */
export function makePodClient(api: KubeApi): PodClient {
  const pods = new PodApi(api);
  return {
    // A manifest is a pod in fewer words.
    create: (pod, signal) => pods.create(pod as unknown as V1Pod, signal),
    delete: (ref, options, signal) => pods.delete(ref, options, signal),
    list: (labelSelector, signal) => pods.list(labelSelector, signal),
    patchMetadata: (ref, patch, signal) => pods.patchMetadata(ref, patch, signal),
    canResize: (signal) => pods.canResize(signal),
    resize: (ref, container, signal) => pods.resize(ref, container, signal),
  };
}

/** What `environment.from` refers to. */
export function makeReferenceReader(api: KubeApi): ReferenceReader {
  const secrets = new SecretApi(api);
  return {
    readSecret: async ({ namespace, name }, signal) => {
      const found = await secrets.get(namespace, name, signal);
      return found && toText(found.data);
    },
    readConfigMap: async ({ namespace, name }, signal) => {
      const found = await secrets.getConfigMap(namespace, name, signal);
      return found && { ...toText(found.binaryData), ...found.data };
    },
  };
}

/** The platform's own Secrets. */
export function makeSecretStore(api: KubeApi, namespace: string): SecretStore {
  const secrets = new SecretApi(api);
  return {
    get: async (name, signal) => {
      const found = await secrets.get(namespace, name, signal);
      return found && { data: toText(found.data), resourceVersion: found.resourceVersion };
    },
    create: (name, data, signal) =>
      orConflict(secrets.create({ namespace, name }, toBytes(data), signal)),
    update: (name, { data, resourceVersion }, signal) =>
      orConflict(secrets.update({ namespace, name, resourceVersion }, toBytes(data), signal)),
  };
}

/** The network policies of execution environments. */
export function makeNetworkPolicyWriter(api: KubeApi, platform: PlatformPods): NetworkPolicyWriter {
  const resource = 'networkpolicies';
  return {
    apply: (namespace, signal) => {
      const policy = makeFunctionsNetworkPolicy(namespace, platform);
      return applyObject(api, policy, { fieldManager: FIELD_MANAGER, resource, signal });
    },
    remove: (namespace, signal) => {
      const policy = makeFunctionsNetworkPolicy(namespace, platform);
      return deleteObject(api, policy, { resource, signal });
    },
  };
}

async function orConflict(write: Promise<unknown>): Promise<WriteOutcome> {
  try {
    await write;
    return { kind: 'written' };
  } catch (error) {
    if (isKubeError(error, 409) || isKubeError(error, 404)) return { kind: 'conflict' };
    throw error;
  }
}

function toText(data: Readonly<Record<string, Buffer>>): Record<string, string> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, value.toString()]));
}

function toBytes(data: Readonly<Record<string, string>>): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value)]));
}
