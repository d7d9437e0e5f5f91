import { API_VERSION } from '@mayfly/api';

/** The one namespace of the embedded mode. */
export const EMBEDDED_NAMESPACE = 'default';

/** Objects of one kind, or one of them. */
export function objectPath(plural: string, name?: string): string {
  const collection = `/apis/${API_VERSION}/namespaces/${EMBEDDED_NAMESPACE}/${plural}`;
  return name === undefined ? collection : `${collection}/${encodeURIComponent(name)}`;
}

/** The log of one function. */
export function logPath(name: string): string {
  return `/api/v1/namespaces/${EMBEDDED_NAMESPACE}/functions/${encodeURIComponent(name)}/log`;
}
