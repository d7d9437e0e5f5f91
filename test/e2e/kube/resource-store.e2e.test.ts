import { connect, KubeResourceStore } from '@mayfly/kube';
import { describeResourceStoreContract } from '@mayfly/testkit';

describeResourceStoreContract('KubeResourceStore', () =>
  Promise.resolve({
    store: new KubeResourceStore({ api: connect() }),
    close: () => undefined,
  }),
);
