import { readFileSync } from 'node:fs';
import { KubeConfig } from '@kubernetes/client-node';
import { KubeApi, type KubeDeadlines } from './kube-api.ts';

/** How to find the cluster. */
export interface ConnectOptions {
  /** Path of a kubeconfig. Default: the pod's service account, else `KUBECONFIG` or the user's own file. */
  readonly kubeconfig?: string;
  readonly deadlines?: Partial<KubeDeadlines>;
}

const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** Connects to the API server; nothing is sent yet. */
export function connect({ kubeconfig, deadlines }: ConnectOptions = {}): KubeApi {
  const config = new KubeConfig();
  if (kubeconfig !== undefined) config.loadFromFile(kubeconfig);
  else if (isInCluster()) config.loadFromCluster();
  else config.loadFromDefault();
  return new KubeApi(config, deadlines);
}

function isInCluster(): boolean {
  try {
    return readFileSync(SERVICE_ACCOUNT_TOKEN).length > 0;
  } catch {
    return false;
  }
}
