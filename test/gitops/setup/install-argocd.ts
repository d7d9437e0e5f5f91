import path from 'node:path';
import { kubectl } from '../../e2e/helpers/cluster.ts';
import { readCommand, ROOT } from '../../e2e/setup/run-command.ts';
import { ARGOCD_NAMESPACE, startArgoCd, type ArgoCd } from '../helpers/argocd.ts';

let argocd: ArgoCd | undefined;

/** Before all tests, when Mayfly is installed: a real Argo CD that looks after that cluster. */
export async function setup(): Promise<void> {
  process.stderr.write('e2e-gitops: Argo CD\n');
  const startMs = performance.now();
  const printed = readCommand(path.join(ROOT, 'test/gitops/argocd/build'), []);
  const programs = printed.trim().split('\n').at(-1) ?? '';
  forgetApplications();
  argocd = await startArgoCd(programs);
  process.env['MAYFLY_ARGOCD_PROGRAMS'] = programs;
  const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
  process.stderr.write(`e2e-gitops: Argo CD is there after ${seconds} s\n`);
}

/** After all tests. */
export async function teardown(): Promise<void> {
  try {
    const where = ['-n', ARGOCD_NAMESPACE, '--timeout=50s'];
    kubectl('delete', 'applications.argoproj.io', '--all', ...where);
  } finally {
    await argocd?.close();
    forgetApplications();
  }
}

/** Also those of a run that was broken off: nobody is there to see to their finalizers. */
function forgetApplications(): void {
  const where = ['-n', ARGOCD_NAMESPACE];
  if (kubectl('get', 'namespace', ARGOCD_NAMESPACE, '--ignore-not-found', '-oname') === '') return;
  const found = kubectl('get', 'applications.argoproj.io', '-oname', ...where);
  for (const name of found.split('\n').filter((line) => line !== '')) {
    const noFinalizers = JSON.stringify({ metadata: { finalizers: null } });
    kubectl('patch', name, '--type=merge', '-p', noFinalizers, ...where);
  }
  kubectl('delete', 'namespace', ARGOCD_NAMESPACE);
}
