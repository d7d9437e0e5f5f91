import { randomUUID } from 'node:crypto';
import { connect, KubeVersionNumbers } from '@mayfly/kube';
import { describeVersionNumbersContract } from '@mayfly/testkit';
import { kubectl, SYSTEM_NAMESPACE } from '../helpers/cluster.ts';

describeVersionNumbersContract('KubeVersionNumbers', () => {
  const prefix = `contract-${randomUUID().slice(0, 8)}`;
  const make = (): KubeVersionNumbers =>
    new KubeVersionNumbers({ api: connect(), namespace: SYSTEM_NAMESPACE, prefix });
  return Promise.resolve({
    numbers: make(),
    reopen: make,
    close: () => {
      const made = ['default', 'team-a'].map((of) => `${prefix}-version-numbers.${of}`);
      kubectl('delete', 'configmap', ...made, '-n', SYSTEM_NAMESPACE, '--ignore-not-found');
    },
  });
});
