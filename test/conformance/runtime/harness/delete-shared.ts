import { execFileSync } from 'node:child_process';
import { SHARED_LABELS } from './shared-labels.ts';

/** After all files: what they shared on the cluster goes. */
export function teardown(): void {
  const labels = Object.entries(SHARED_LABELS).map(([name, value]) => `${name}=${value}`);
  const args = ['delete', 'fn,configmap', '-n', 'default', '-l', labels.join(','), '--timeout=60s'];
  execFileSync('kubectl', args, { stdio: 'ignore' });
}
