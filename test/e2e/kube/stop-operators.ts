import { kubectl } from '../helpers/cluster.ts';

const SELECTOR = 'app.kubernetes.io/component=operator';
const REPLICAS = 2;
const TIMEOUT = '--timeout=60s';

/** Ends all operators, and waits until they are gone; where there are none, that is soon. */
export function stopOperators(namespace: string): void {
  scale(namespace, 0);
  kubectl('wait', '--for=delete', 'pod', '-n', namespace, '-l', SELECTOR, TIMEOUT);
}

/** Starts them again, and waits until they are ready. */
export function resumeOperators(namespace: string): void {
  scale(namespace, REPLICAS);
  for (const deployment of deployments(namespace)) {
    kubectl('rollout', 'status', deployment, '-n', namespace, TIMEOUT);
  }
}

function scale(namespace: string, replicas: number): void {
  for (const deployment of deployments(namespace)) {
    kubectl('scale', deployment, '-n', namespace, `--replicas=${String(replicas)}`);
  }
}

function deployments(namespace: string): readonly string[] {
  const found = kubectl('get', 'deployments', '-n', namespace, '-l', SELECTOR, '-oname');
  return found.split('\n').filter((name) => name !== '');
}
