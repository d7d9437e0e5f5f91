import type { KubeApi } from './kube-api.ts';

/** An object to apply. */
export interface AppliedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
}

/** Who writes, and where. */
export interface ApplyOptions {
  readonly fieldManager: string;
  /** Plural of the kind, for example `networkpolicies`. */
  readonly resource: string;
  readonly signal?: AbortSignal;
}

/** Makes the fields that the object names what it says, and leaves the others to their owners. */
export async function applyObject(
  api: KubeApi,
  object: AppliedObject,
  { fieldManager, resource, signal }: ApplyOptions,
): Promise<void> {
  await api.call({
    method: 'PATCH',
    patch: 'apply',
    path: objectPath(object, resource),
    query: { fieldManager, force: 'true' },
    body: object,
    signal,
  });
}

/** Deletes it; one that is not there is fine. */
export async function deleteObject(
  api: KubeApi,
  object: AppliedObject,
  { resource, signal }: Pick<ApplyOptions, 'resource' | 'signal'>,
): Promise<void> {
  await api.find({ method: 'DELETE', path: objectPath(object, resource), signal });
}

function objectPath({ apiVersion, metadata }: AppliedObject, resource: string): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${root}/namespaces/${metadata.namespace}/${resource}/${metadata.name}`;
}
