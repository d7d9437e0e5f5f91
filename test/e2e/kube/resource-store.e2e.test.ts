import { connect, KubeResourceStore } from '@mayfly/kube';
import { describeResourceStoreContract } from '@mayfly/testkit';
import { afterAll, beforeAll } from 'vitest';
import { API_NAMESPACE, kubectl, SYSTEM_NAMESPACE } from '../helpers/cluster.ts';
import { resumeOperators, stopOperators } from './stop-operators.ts';

/** Those that the contract has named after this process. */
function deleteOurFunctions(): void {
  const where = ['-n', API_NAMESPACE];
  const ours = kubectl('get', 'functions.mayfly.dev', '-oname', ...where)
    .split('\n')
    .filter((name) => name.includes(`/contract-${process.pid.toString()}-`));
  if (ours.length === 0) return;
  const noFinalizers = JSON.stringify({ metadata: { finalizers: null } });
  kubectl('patch', ...ours, ...where, '--type=merge', '-p', noFinalizers);
  kubectl('delete', ...ours, ...where, '--wait=false', '--ignore-not-found');
}

// The contract counts writes: an operator would add its own to every Function.
beforeAll(() => {
  stopOperators(SYSTEM_NAMESPACE);
});

afterAll(() => {
  deleteOurFunctions();
  resumeOperators(SYSTEM_NAMESPACE);
});

describeResourceStoreContract('KubeResourceStore', () =>
  Promise.resolve({
    store: new KubeResourceStore({ api: connect() }),
    close: () => undefined,
  }),
);
