import { API_VERSION, AliasSpec } from '@mayfly/api';
import type { ResourceKinds } from '@mayfly/core';
import { connect, KubeResourceStore } from '@mayfly/kube';
import { toDistribution, type Distribution } from '../quantiles.ts';
import { createFunctions, deleteFunctions, install, kubectl, NAMESPACE } from './release.ts';

/** How long an alias takes to move. Milliseconds. */
export interface AliasResult {
  readonly gateways: number;
  readonly moves: number;
  /** From the answer of the API server to the change, to `Ready` of that change: every gateway routes by it. */
  readonly acknowledged: Distribution;
}

const NAME = 'bench-alias';
const MOVES = 50;
const DEADLINE_MS = 30_000;

/** Moves an alias to and fro between two versions. */
export async function benchAlias(): Promise<AliasResult> {
  install();
  deleteReleases();
  deleteFunctions();
  createVersions();
  const store = new KubeResourceStore({ api: connect(), onUnreadable: () => undefined });
  const key = { namespace: NAMESPACE, name: NAME };
  try {
    await store.create({
      apiVersion: API_VERSION,
      kind: 'Alias',
      metadata: { ...key, labels: { bench: 'yes' } },
      spec: AliasSpec.parse({ functionName: NAME, name: 'live', functionVersion: '1' }),
    });
    let alias = await untilReady(store, 1);
    const took: number[] = [];
    for (let move = 0; move < MOVES; move += 1) {
      const functionVersion = alias.spec.functionVersion === '1' ? '2' : '1';
      const written = await store.update<'Alias'>({
        ...alias,
        spec: { ...alias.spec, functionVersion },
      });
      const startedMs = performance.now();
      alias = await untilReady(store, written.metadata.generation);
      took.push(performance.now() - startedMs);
    }
    const gateways = countGateways();
    return { gateways, moves: MOVES, acknowledged: toDistribution(took) };
  } finally {
    deleteReleases();
    deleteFunctions();
  }
}

type Alias = ResourceKinds['Alias'];

/** The alias, as soon as it says that it is ready in that generation. */
async function untilReady(store: KubeResourceStore, generation: number): Promise<Alias> {
  const signal = AbortSignal.timeout(DEADLINE_MS);
  const isReady = ({ metadata, status }: Alias): boolean => {
    const [ready] = status?.conditions ?? [];
    const isOurs = metadata.name === NAME && ready?.observedGeneration === generation;
    return isOurs && ready.status === 'True';
  };
  const { items, resourceVersion } = await store.list('Alias', signal);
  const found = items.find(isReady);
  if (found !== undefined) return found;
  for await (const event of store.watch('Alias', resourceVersion, signal)) {
    if (event.type !== 'BOOKMARK' && isReady(event.object)) return event.object;
  }
  throw new Error(`the alias was not ready within ${String(DEADLINE_MS)} ms`);
}

function createVersions(): void {
  for (const version of ['1', '2']) {
    const code = { inline: `exports.handler = async () => '${version}';` };
    createFunctions([NAME], { runtime: 'nodejs24.x', handler: 'index.handler', code });
    const name = `${NAME}-${version}`;
    const metadata = { name, namespace: NAMESPACE, labels: { bench: 'yes' } };
    const object = {
      apiVersion: API_VERSION,
      kind: 'Version',
      metadata,
      spec: { functionName: NAME },
    };
    kubectl(['apply', '-f', '-'], JSON.stringify(object));
    const target = `version.mayfly.dev/${name}`;
    kubectl(['wait', '-n', NAMESPACE, '--for=condition=Ready', '--timeout=60s', target]);
  }
}

function deleteReleases(): void {
  const of = ['-n', NAMESPACE, '-l', 'bench=yes', '--ignore-not-found', '--timeout=60s'];
  kubectl(['delete', 'aliases.mayfly.dev', ...of]);
  kubectl(['delete', 'versions.mayfly.dev', ...of]);
}

function countGateways(): number {
  const selector = 'app.kubernetes.io/component=gateway';
  return kubectl(['get', 'pods', '-A', '-l', selector, '-o', 'name']).trim().split('\n').length;
}
