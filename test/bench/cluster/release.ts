import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setup } from '../../e2e/setup/install.ts';
import { ROOT } from '../../e2e/setup/run-command.ts';

const SYSTEM_NAMESPACE = 'mayfly-system';
const VALUES = path.join(ROOT, '.cache/bench-values.json');

/** Functions of the bench live here. */
export const NAMESPACE = 'default';

/** Spare execution environments that the bench has kept ready. */
export interface SparePool {
  readonly runtime: string;
  readonly memorySize: number;
  readonly size: number;
}

/** Runs kubectl and answers what it prints. */
export function kubectl(args: readonly string[], input?: string): string {
  return execFileSync('kubectl', args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    ...(input === undefined ? {} : { input }),
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'inherit'],
  });
}

/** Brings up cluster, images and the chart, as the e2e tests do. */
export function install(): void {
  setup();
}

/** Keeps so many execution environments ready from now on. */
export function setPool(pool: SparePool | undefined): void {
  const pools = pool === undefined ? [] : [{ namespace: NAMESPACE, ...pool }];
  writeFileSync(VALUES, JSON.stringify({ functions: { pools } }));
  execFileSync(
    'helm',
    [
      ...['upgrade', 'mayfly', path.join(ROOT, 'charts/mayfly'), '--namespace', SYSTEM_NAMESPACE],
      ...['--reuse-values', '--values', VALUES, '--wait', '--timeout', '180s'],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
}

/** Makes Functions and waits until each can be called. */
export function createFunctions(
  names: readonly string[],
  spec: Readonly<Record<string, unknown>>,
): void {
  const items = names.map((name) => ({
    apiVersion: 'mayfly.dev/v1alpha1',
    kind: 'Function',
    metadata: { name, namespace: NAMESPACE, labels: { bench: 'yes' } },
    spec,
  }));
  kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  const functions = names.map((name) => `function/${name}`);
  kubectl(['wait', '-n', NAMESPACE, '--for=condition=Ready', '--timeout=120s', ...functions]);
}

/** Deletes every Function of the bench and waits until it is gone. */
export function deleteFunctions(): void {
  const all = ['delete', 'fn', '-n', NAMESPACE, '-l', 'bench=yes', '--ignore-not-found'];
  kubectl([...all, '--timeout=180s']);
}

/** Puts an archive into a ConfigMap, under the key `code.zip`. */
export function createArchive(name: string, archive: Buffer): void {
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: NAMESPACE },
    binaryData: { 'code.zip': archive.toString('base64') },
  };
  // Not applied: what was applied last would be noted beside it, and it is too large for that.
  kubectl(['create', '-f', '-'], JSON.stringify(object));
}

/** Deletes that ConfigMap. */
export function deleteArchive(name: string): void {
  kubectl(['delete', 'configmap', name, '-n', NAMESPACE, '--ignore-not-found']);
}

/** A pod, as far as the bench looks. */
export interface BenchPod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly status: {
    readonly podIP?: string;
    readonly phase: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** Pods by label that are not on their way out. */
export function getPods(selector: string, namespace: string): readonly BenchPod[] {
  const found = kubectl(['get', 'pods', '-n', namespace, '-l', selector, '-o', 'json']);
  const { items } = JSON.parse(found) as { items: readonly BenchPod[] };
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

/**
 * Makes so many pods that do nothing, each of two containers and a volume as execution environments are, and deletes
 * them. Milliseconds until the last one was ready: what this cluster needs for any pods at all.
 */
export function timeBarePods(count: number): number {
  const { repository, tag } = agentImage();
  const containers = ['a', 'b'].map((name) => ({
    name,
    image: `${repository}:${tag}`,
    command: ['sleep', 'infinity'],
    volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
  }));
  const items = Array.from({ length: count }, (_, n) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `bench-bare-${String(n)}`,
      namespace: NAMESPACE,
      labels: { bench: 'bare' },
    },
    spec: {
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      volumes: [{ name: 'shared', emptyDir: {} }],
      containers,
    },
  }));
  const startedMs = performance.now();
  kubectl(['create', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  const all = ['pod', '-n', NAMESPACE, '-l', 'bench=bare'];
  kubectl(['wait', '--for=condition=Ready', '--timeout=120s', ...all]);
  const lastMs = performance.now() - startedMs;
  kubectl(['delete', ...all, '--timeout=60s']);
  return lastMs;
}

function agentImage(): { readonly repository: string; readonly tag: string } {
  const values = ['get', 'values', 'mayfly', '-n', SYSTEM_NAMESPACE, '-o', 'json'];
  const { functions } = JSON.parse(execFileSync('helm', values, { encoding: 'utf8' })) as {
    functions: { agent: { repository: string; tag: string } };
  };
  return functions.agent;
}

/** Addresses of the gateways' pods. */
export function gatewayHosts(): readonly string[] {
  const pods = getPods('app.kubernetes.io/component=gateway', SYSTEM_NAMESPACE);
  return pods.map(({ status }) => status.podIP ?? '');
}

/** Address of the Service that all gateways are behind. */
export function serviceHost(): string {
  const address = ['-o', 'jsonpath={.spec.clusterIP}'];
  return kubectl(['get', 'service', 'mayfly-gateway', '-n', SYSTEM_NAMESPACE, ...address]);
}

/** The bearer token of the agent in a pod: it stands in its manifest. */
export function agentTokenOf(podName: string): string {
  const token = '{.spec.containers[*].env[?(@.name=="MAYFLY_AGENT_TOKEN")].value}';
  return kubectl(['get', 'pod', podName, '-n', NAMESPACE, '-o', `jsonpath=${token}`]);
}
