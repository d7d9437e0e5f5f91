import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from '@mayfly/testkit';
import { apply, kubectl } from '../../e2e/helpers/cluster.ts';

/** Where Argo CD keeps its settings and its Applications. */
export const ARGOCD_NAMESPACE = 'argocd-e2e';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const LOGS = path.join(ROOT, '.cache/argocd');
const START_MS = 60_000;
const LABELS = { 'app.kubernetes.io/part-of': 'argocd' };
/** How often it looks for commits: the default is two minutes. */
const POLL = '3s';

/** An Argo CD that runs. */
export interface ArgoCd {
  close(): Promise<void>;
}

/** Starts the programs as processes of this machine: Redis, the repo-server and the application controller. */
export async function startArgoCd(programs: string): Promise<ArgoCd> {
  configure(programs);
  mkdirSync(LOGS, { recursive: true });
  const folder = mkdtempSync(path.join(tmpdir(), 'mayfly-argocd-'));
  const env = makeEnv(programs, folder);
  const running: ChildProcess[] = [];
  const start = (program: string, args: readonly string[]): void => {
    const log = openSync(path.join(LOGS, `${program}.log`), 'w');
    // So that they end with this process, however that does.
    const command = ['--pdeathsig', 'TERM', program, ...args];
    running.push(spawn('setpriv', command, { env, cwd: folder, stdio: ['ignore', log, log] }));
  };
  const close = async (): Promise<void> => {
    for (const child of running.splice(0).reverse()) await end(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await startAll(start, await freePorts(4));
  } catch (cause) {
    await close();
    throw new Error(`starting Argo CD; its logs are in ${LOGS}`, { cause });
  }
  return { close };
}

/** Its settings, with the health checks as `docs/gitops.md` has them. */
function configure(programs: string): void {
  const crds = ['application', 'appproject'].map((kind) => `${programs}/crds/${kind}-crd.yaml`);
  kubectl('apply', '--server-side', ...crds.flatMap((file) => ['-f', file]));
  apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: ARGOCD_NAMESPACE } });
  const metadata = (name: string): object => ({
    name,
    namespace: ARGOCD_NAMESPACE,
    labels: LABELS,
  });
  const data = { 'timeout.reconciliation': POLL, 'timeout.reconciliation.jitter': '0s' };
  apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata('argocd-cm'), data });
  const checks = path.join(ROOT, 'charts/mayfly/argocd/argocd-cm.yaml');
  kubectl('patch', 'configmap', 'argocd-cm', '-n', ARGOCD_NAMESPACE, '--patch-file', checks);
  const secret = { 'server.secretkey': 'c2VjcmV0c2VjcmV0' };
  apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: metadata('argocd-secret'),
    stringData: secret,
  });
  apply({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AppProject',
    metadata: metadata('default'),
    spec: {
      sourceRepos: ['*'],
      destinations: [{ namespace: '*', server: '*' }],
      clusterResourceWhitelist: [{ group: '*', kind: '*' }],
    },
  });
}

function makeEnv(programs: string, folder: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PATH: `${programs}:${process.env['PATH'] ?? ''}`,
    TMPDIR: folder,
    HOME: folder,
    ARGOCD_FAKE_IN_CLUSTER: 'true',
    ARGOCD_GPG_ENABLED: 'false',
    ARGOCD_RECONCILIATION_TIMEOUT: POLL,
    ARGOCD_RECONCILIATION_JITTER: '0s',
    ARGOCD_REVISION_CACHE_EXPIRATION: POLL,
  };
}

async function startAll(
  start: (program: string, args: readonly string[]) => void,
  [redis = '', repo = '', repoMetrics = '', metrics = '']: readonly string[],
): Promise<void> {
  start('redis-server', ['--bind', '127.0.0.1', '--port', redis, '--save', '']);
  start('argocd-repo-server', [
    ...['--redis', `127.0.0.1:${redis}`, '--address', '127.0.0.1', '--port', repo],
    ...['--metrics-port', repoMetrics, '--disable-tls'],
  ]);
  await eventually(() => expectHealthy(repoMetrics), { timeoutMs: START_MS, intervalMs: 100 });
  start('argocd-application-controller', [
    ...['--kubeconfig', process.env['KUBECONFIG'] ?? '', '--namespace', ARGOCD_NAMESPACE],
    ...['--redis', `127.0.0.1:${redis}`, '--repo-server', `127.0.0.1:${repo}`],
    // The health of each object is then shown in its Application, and not in Redis alone.
    ...['--repo-server-plaintext', '--metrics-port', metrics, '--persist-resource-health'],
  ]);
  await eventually(() => expectHealthy(metrics), { timeoutMs: START_MS, intervalMs: 100 });
}

async function expectHealthy(port: string): Promise<void> {
  const { status } = await fetch(`http://127.0.0.1:${port}/healthz`);
  if (status !== 200) throw new Error(`/healthz at port ${port} says ${String(status)}`);
}

async function freePorts(count: number): Promise<readonly string[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => String((server.address() as AddressInfo).port));
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(late);
}

/** The end of a program's log, for those who wonder. */
export function readLog(program: string, lines: number): string {
  const text = readFileSync(path.join(LOGS, `${program}.log`), 'utf8');
  return text.split('\n').slice(-lines).join('\n');
}
