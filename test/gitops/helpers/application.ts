import { eventually } from '@mayfly/testkit';
import { onTestFailed, onTestFinished } from 'vitest';
import { apply, explainFailure, kubectl, uniqueName } from '../../e2e/helpers/cluster.ts';
import { ARGOCD_NAMESPACE, readLog } from './argocd.ts';
import type { GitRepository } from './git-repository.ts';

const REACH_MS = 120_000;
const POLL_MS = 250;
const REFRESH = 'argocd.argoproj.io/refresh';
const LOG_LINES = 30;

/** An Application, as far as tests look. */
export interface ApplicationObject {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly status?: {
    readonly sync?: { readonly status: string; readonly revision?: string };
    readonly health?: { readonly status: string };
    readonly operationState?: {
      readonly phase: string;
      readonly message?: string;
      readonly finishedAt?: string;
      readonly syncResult?: {
        readonly revision?: string;
        readonly resources?: readonly { readonly name: string; readonly message?: string }[];
      };
    };
    readonly history?: readonly { readonly revision?: string }[];
    readonly resources?: readonly ResourceState[];
  };
}

/** What Argo CD thinks of one object. */
export interface ResourceState {
  readonly kind: string;
  readonly name: string;
  readonly status?: string;
  readonly health?: { readonly status: string; readonly message?: string };
}

/** What an Application is to be. */
export interface ExpectedState {
  readonly sync: 'Synced' | 'OutOfSync';
  readonly health: 'Healthy' | 'Progressing' | 'Degraded' | 'Missing';
}

/** How an Application differs from the usual one, which prunes and heals itself. */
export interface ApplicationOptions {
  readonly path?: string;
  /** Where its objects go. Default: a namespace of its own. */
  readonly namespace?: string;
  /** How a chart is rendered. */
  readonly helm?: object;
  readonly syncOptions?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
}

/** An Application of Argo CD. */
export interface Application {
  readonly name: string;
  /** Where its objects are. */
  readonly namespace: string;
  get(): ApplicationObject;
  /** Waits until Argo CD says so of a commit. */
  reaches(revision: string, expected: ExpectedState): Promise<ApplicationObject>;
  /** Lets Argo CD read and compare everything anew, and waits until it has. */
  refresh(): Promise<void>;
  /** What Argo CD says of one object. */
  stateOf(kind: string, name: string): ResourceState | undefined;
  /** What became of each object in the last sync, or does in the one that runs. */
  syncMessages(): string;
  /** Deletes it, and waits until its objects are gone. */
  delete(): void;
}

/** Makes an Application that goes with the test, together with all that it has made. */
export function useApplication(
  repository: GitRepository,
  options: ApplicationOptions = {},
): Application {
  const name = uniqueName('app');
  const { namespace = name } = options;
  explainFailure(namespace);
  explainArgoCd(name);
  onTestFinished(() => {
    // Both in the background: the teardown of all tests waits for what is left.
    remove(name, '--wait=false');
    kubectl('delete', 'namespace', namespace, '--ignore-not-found', '--wait=false');
  });
  apply(makeApplication(name, { ...options, namespace, repoURL: repository.url }));
  return handleOf(name, namespace);
}

/** Takes an Application as it is written, which then goes with the test. */
export function useApplicationManifest(manifest: object): Application {
  const { metadata, spec } = manifest as {
    metadata: { name: string };
    spec: { destination: { namespace: string } };
  };
  explainFailure(spec.destination.namespace);
  explainArgoCd(metadata.name);
  onTestFinished(() => {
    remove(metadata.name);
  });
  apply(manifest);
  return handleOf(metadata.name, spec.destination.namespace);
}

function makeApplication(
  name: string,
  {
    annotations = {},
    path = '.',
    syncOptions = [],
    helm,
    namespace,
    repoURL,
  }: ApplicationOptions & { readonly namespace: string; readonly repoURL: string },
): object {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {
      name,
      namespace: ARGOCD_NAMESPACE,
      annotations,
      finalizers: ['resources-finalizer.argocd.argoproj.io'],
    },
    spec: {
      project: 'default',
      source: { repoURL, targetRevision: 'main', path, helm },
      destination: { server: 'https://kubernetes.default.svc', namespace },
      syncPolicy: {
        automated: { prune: true, selfHeal: true },
        // As docs/gitops.md has it, but sooner.
        retry: {
          limit: 5,
          refresh: true,
          backoff: { duration: '1s', factor: 2, maxDuration: '5s' },
        },
        syncOptions: ['CreateNamespace=true', ...syncOptions],
      },
    },
  };
}

function handleOf(name: string, namespace: string): Application {
  const where = ['-n', ARGOCD_NAMESPACE];
  const kind = 'applications.argoproj.io';
  const get = (): ApplicationObject =>
    JSON.parse(kubectl('get', kind, name, ...where, '-o', 'json')) as ApplicationObject;
  const refresh = async (): Promise<void> => {
    kubectl('annotate', kind, name, ...where, `${REFRESH}=hard`, '--overwrite');
    await poll(() => {
      if (get().metadata.annotations?.[REFRESH] !== undefined) throw new Error('not refreshed yet');
    });
  };
  return {
    name,
    namespace,
    get,
    refresh,
    reaches: (revision, expected) => poll(() => expectState(get(), revision, expected)),
    stateOf: (kindOf, nameOf) =>
      get().status?.resources?.find((one) => one.kind === kindOf && one.name === nameOf),
    syncMessages: () => {
      const { syncResult } = get().status?.operationState ?? {};
      return (syncResult?.resources ?? []).map(({ message }) => message).join('\n');
    },
    delete: () => {
      remove(name);
    },
  };
}

/** As `eventually`, at the pace of the things that are waited for here. */
export function poll<T>(check: () => T | Promise<T>): Promise<T> {
  return eventually(check, { timeoutMs: REACH_MS, intervalMs: POLL_MS });
}

function expectState(
  application: ApplicationObject,
  revision: string,
  expected: ExpectedState,
): ApplicationObject {
  const { sync, health, operationState } = application.status ?? {};
  const isThere = sync?.revision === revision && sync.status === expected.sync;
  // What cannot be synced is tried again and again.
  const isDone = expected.sync === 'OutOfSync' || operationState?.phase !== 'Running';
  if (!isThere || !isDone || health?.status !== expected.health) {
    throw new Error(`not at ${revision}: ${JSON.stringify(application.status)}`);
  }
  return application;
}

function remove(name: string, wait = '--timeout=50s'): void {
  const where = ['-n', ARGOCD_NAMESPACE, '--ignore-not-found', wait];
  kubectl('delete', 'applications.argoproj.io', name, ...where);
}

function explainArgoCd(name: string): void {
  onTestFailed(() => {
    const where = ['-n', ARGOCD_NAMESPACE, '-o', 'yaml'];
    console.error(kubectl('get', 'applications.argoproj.io', name, '--ignore-not-found', ...where));
    for (const program of ['argocd-application-controller', 'argocd-repo-server']) {
      const lines = readLog(program, 400)
        .split('\n')
        .filter((line) => line.includes(name));
      console.error(`${program}:\n${lines.slice(-LOG_LINES).join('\n')}`);
    }
  });
}
