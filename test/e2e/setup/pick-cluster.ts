import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readCommand, ROOT, runCommand, succeeds } from './run-command.ts';

/** A cluster to test on. */
export interface TestCluster {
  /** What kubectl and helm need. */
  readonly env: Readonly<Record<string, string>>;
  /** Makes images known to the nodes, where they are not pulled. */
  loadImages(references: readonly string[]): void;
}

const KIND_NAME = 'mayfly-e2e';

/**
 * The cluster of `MAYFLY_E2E_KUBECONFIG`; else one of kind, if a Docker engine answers; else the one of
 * test/cluster, as root on Debian.
 * @throws Error that says what is missing for each
 */
export function pickCluster(): TestCluster {
  const given = process.env['MAYFLY_E2E_KUBECONFIG'];
  if (given !== undefined && given !== '') return useGivenCluster(given);
  if (succeeds('docker', ['info'])) return useKind();
  if (isRootOnDebian()) return useOwnCluster();
  throw new Error(
    'The e2e tests need a Kubernetes cluster: set MAYFLY_E2E_KUBECONFIG to a kubeconfig, or start a Docker engine ' +
      '(and install kind), or run as root on Debian, where a cluster is built from Go modules.',
  );
}

function useGivenCluster(kubeconfig: string): TestCluster {
  return {
    env: { KUBECONFIG: path.resolve(kubeconfig) },
    loadImages: () => {
      console.error('images are expected in the registry or on the nodes of the given cluster');
    },
  };
}

function useKind(): TestCluster {
  if (!succeeds('kind', ['version'])) {
    throw new Error(
      'A Docker engine answers, but there is no kind: go install sigs.k8s.io/kind@v0.30.0',
    );
  }
  if (!readCommand('kind', ['get', 'clusters']).split('\n').includes(KIND_NAME)) {
    runCommand('kind', ['create', 'cluster', '--name', KIND_NAME, '--wait', '120s']);
  }
  const kubeconfig = path.join(ROOT, '.cache/kind-kubeconfig');
  runCommand('kind', ['export', 'kubeconfig', '--name', KIND_NAME, '--kubeconfig', kubeconfig]);
  return {
    env: { KUBECONFIG: kubeconfig },
    loadImages: (references) => {
      runCommand('kind', ['load', 'docker-image', '--name', KIND_NAME, ...references]);
    },
  };
}

function isRootOnDebian(): boolean {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version');
}

function useOwnCluster(): TestCluster {
  const folder = path.join(ROOT, 'test/cluster');
  runCommand(path.join(folder, 'up'), []);
  runCommand(path.join(folder, 'build-base'), []);
  const printed = readCommand('bash', [
    '-c',
    `. ${folder}/env; printf '%s\\n%s\\n%s\\n' "$KUBECONFIG" "$PATH" "$state"`,
  ]);
  const [kubeconfig = '', searchPath = '', state = ''] = printed.split('\n');
  return {
    env: { KUBECONFIG: kubeconfig, PATH: searchPath, MAYFLY_E2E_OWN_CLUSTER: folder },
    loadImages: (references) => {
      const isLoaded = loadedImages(state);
      for (const reference of references) {
        if (!isLoaded(reference)) runCommand(path.join(folder, 'load-image'), [reference]);
      }
    },
  };
}

function loadedImages(state: string): (reference: string) => boolean {
  const nodes = readFileSync('/proc/net/dev', 'utf8').match(/^\s*kc[1-9]:/gm)?.length ?? 1;
  const lists = Array.from({ length: nodes }, (_, i) => {
    const socket = `${state}/node${String(i + 1)}/run/containerd/containerd.sock`;
    const list = `ctr --address ${socket} --namespace k8s.io images list --quiet 2>/dev/null`;
    return readCommand('bash', ['-c', `. ${ROOT}/test/cluster/env; ${list} || true`]).split('\n');
  });
  return (reference) => lists.every((list) => list.includes(reference));
}
