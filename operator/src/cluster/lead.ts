import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { functionNameOf, type AliasResource, type FunctionResource } from '@mayfly/api';
import {
  CheckedUploads,
  ClusterCodeResolver,
  CodeDelivery,
  ImageResolver,
  OciArtefacts,
  PullSecrets,
  RegistryClient,
  UnusedCode,
} from '@mayfly/code';
import { makeFunctionUrl, type CodeStore } from '@mayfly/core';
import {
  EventRecorder,
  KubeResourceStore,
  KubeVersionNumbers,
  PodApi,
  SecretApi,
  type KubeApi,
} from '@mayfly/kube';
import { FUNCTION_PODS_SELECTOR } from '@mayfly/manifests';
import { GrpcFleetLinkServer } from '@mayfly/proto';
import type { Registry } from '@mayfly/telemetry';
import { CodeFetches } from '../code/code-fetches.ts';
import { buildAnnouncements } from '../pods/announcements.ts';
import { PodExecutionEnvironmentDriver } from '../pods/pod-driver.ts';
import { makePoolMetrics } from '../pool-metrics.ts';
import { run, type OperatorHandle } from '../run.ts';
import type { ClusterOperatorConfig } from './config.ts';
import {
  makeClusterCodeStore,
  type ClusterCodeStore,
  type ClusterCodeStoreDeps,
} from './cluster-code-store.ts';
import { AgentHttpServer, ANNOUNCEMENTS_PATH, CODE_PATH } from './http-server.ts';
import { makeNetworkPolicyWriter, makePodClient, makeReferenceReader } from './kube-adapters.ts';
import { claimLeaderLabel } from './leader-label.ts';
import { followOperatorTls, readClusterKey } from './operator-secrets.ts';

/** Of functions that name none: that of the operator's own node. */
const ARCHITECTURE = process.arch === 'arm64' ? 'arm64' : 'x86_64';

/** Of the 30 seconds that a pod has to end. */
const COPIES_WAIT_MS = 12_000;
const OBSERVE_PERIOD_MS = 10_000;

/** What leading needs. */
export interface LeadDeps extends ClusterCodeStoreDeps {
  readonly registry: Registry;
}

/** An operator that leads. */
export interface Leadership {
  /** Whether it has all the code that other operators had when it began to lead. */
  readonly isComplete: boolean;
  /** Hands over: execution environments and gateways go on, and the next leader finds them. */
  close(): Promise<void>;
}

/**
 * Starts all that only the leading operator does: the driver and its HTTP server, the fleet and its controllers,
 * then the link for gateways.
 */
export async function lead(deps: LeadDeps, config: ClusterOperatorConfig): Promise<Leadership> {
  const { api, clock, logger, registry } = deps;
  const stop = new AbortController();
  const clusterKey = await readClusterKey({ ...deps, ...config.identity });
  const tls = await followOperatorTls({ ...deps, ...config.identity }, stop.signal);
  const running: Running = { hasUnreadable: false };
  const stores = makeClusterCodeStore(deps, config);
  await stores.mirrored?.load();
  const code = composeCode(deps, config, { clusterKey, running, stores });
  const watch = new PodApi(api).inform(FUNCTION_PODS_SELECTOR, {
    clock,
    onError: (err) => {
      logger.warn({ err }, 'watch of pods broke');
    },
  });
  await watch.start(stop.signal);
  const driver = new PodExecutionEnvironmentDriver({
    client: makePodClient(api),
    watch,
    references: makeReferenceReader(api),
    code: code.delivery,
    settings: { ...config.pods, announceUrl: agentUrl(config, ANNOUNCEMENTS_PATH) },
    clusterKey,
    pools: config.pods.pools,
    poolRefillPerSecond: config.pods.poolRefillPerSecond,
    poolObserver: makePoolMetrics(registry),
    makeId: () => randomUUID().replaceAll('-', ''),
    clock,
    logger,
  });
  const http = new AgentHttpServer({
    announcements: buildAnnouncements({
      clusterKey,
      take: (announcement) => driver.take(announcement),
    }),
    serveCode: (pathAndQuery) => code.delivery.serve(pathAndQuery),
    logger,
  });
  await http.listen('0.0.0.0', config.ports.http);
  const link = new GrpcFleetLinkServer({
    ...{ clock, logger },
    codeUploads: code.uploads,
    codeMirror: stores.mirrored,
  });
  const openLink = async (): Promise<void> => {
    await link.listen({ host: '0.0.0.0', port: config.ports.link, tls });
    // Now the Service leads gateways and agents here.
    await claimLeaderLabel(api, config.identity);
  };
  const fetches = new CodeFetches({ resolver: code.resolver, clock, logger });
  const operator = await runOperator(deps, config, {
    driver,
    link,
    openLink,
    code: fetches,
    codeStore: code.codeStore,
    onUnreadable: (kind) => {
      if (kind === 'Function' || kind === 'Version' || kind === 'LayerVersion') {
        running.hasUnreadable = true;
      }
    },
  });
  running.operator = operator;
  code.unused.start();
  const mirrors = watchMirrors(stores, deps);
  return {
    get isComplete() {
      return stores.mirrored?.isComplete ?? true;
    },
    async close() {
      await mirrors.close();
      await code.unused.close();
      await operator.close();
      fetches.close();
      await link.close();
      driver.close();
      await http.close();
      stop.abort();
    },
  };
}

/** Code that only this operator has goes with its pod: the one that replaces it is on its way, and reads it. */
function watchMirrors(
  { mirrored }: ClusterCodeStore,
  { clock, logger }: LeadDeps,
): { close(): Promise<void> } {
  if (mirrored === undefined) return { close: () => Promise.resolve() };
  const observing = clock.every(OBSERVE_PERIOD_MS, () => {
    mirrored.observe();
  });
  return {
    async close() {
      const isCopied = await mirrored.awaitCopies(COPIES_WAIT_MS);
      observing.cancel();
      if (isCopied) return;
      logger.warn({ waitedMs: COPIES_WAIT_MS }, 'leaving with archives that no other operator has');
    },
  };
}

function runOperator(
  { api, clock, logger, registry }: LeadDeps,
  config: ClusterOperatorConfig,
  parts: {
    readonly driver: PodExecutionEnvironmentDriver;
    readonly link: GrpcFleetLinkServer;
    readonly openLink: () => Promise<void>;
    readonly code: CodeFetches;
    readonly codeStore: Pick<CodeStore, 'open'>;
    readonly onUnreadable: (kind: string) => void;
  },
): Promise<OperatorHandle> {
  const { namespace, fullname, podName } = config.identity;
  const labels = { 'app.kubernetes.io/instance': fullname };
  return run(
    {
      ...parts,
      store: new KubeResourceStore({
        api,
        onUnreadable: (kind, key, err) => {
          logger.warn({ kind, ...key, err }, 'an object cannot be read and is left out');
          parts.onUnreadable(kind);
        },
      }),
      versionNumbers: new KubeVersionNumbers({ api, namespace, prefix: fullname }),
      events: new EventRecorder({
        api,
        clock,
        controller: 'mayfly.dev/operator',
        instance: podName,
        onError: (err) => {
          logger.warn({ err }, 'writing an event failed');
        },
      }),
      networkPolicies: makeNetworkPolicyWriter(api, {
        systemNamespace: namespace,
        gatewayLabels: { ...labels, 'app.kubernetes.io/component': 'gateway' },
        operatorLabels: { ...labels, 'app.kubernetes.io/component': 'operator' },
      }),
      clock,
      logger,
      registry,
      makeUrl: (fn) => urlOf(fn, functionNameOf(fn), config),
      makeAliasUrl: (alias) => urlOf(alias, alias.spec.functionName, config),
      platform: 'cluster',
      architecture: ARCHITECTURE,
    },
    config.operator,
  );
}

/** What is known once the operator runs. */
interface Running {
  operator?: OperatorHandle;
  /** There are Functions, Versions or LayerVersions that this operator does not understand: what they serve is not known. */
  hasUnreadable: boolean;
}

interface ClusterCode {
  readonly codeStore: CodeStore;
  readonly resolver: ClusterCodeResolver;
  readonly uploads: CheckedUploads;
  readonly delivery: CodeDelivery;
  readonly unused: UnusedCode;
}

function composeCode(
  { api, clock, logger }: LeadDeps,
  config: ClusterOperatorConfig,
  {
    clusterKey,
    running,
    stores,
  }: {
    readonly clusterKey: Uint8Array;
    readonly running: Running;
    readonly stores: ClusterCodeStore;
  },
): ClusterCode {
  const secrets = new SecretApi(api);
  const { codeStore, s3, mirrored } = stores;
  const unused = new UnusedCode({
    codeStore,
    functions: () => (running.hasUnreadable ? undefined : running.operator?.functions()),
    versions: () => (running.hasUnreadable ? undefined : running.operator?.versions()),
    layers: () => (running.hasUnreadable ? undefined : running.operator?.layers()),
    clock,
    onForgotten: (count) => {
      logger.info({ count }, 'forgot archives that nobody uses');
    },
    onError: (err) => {
      logger.warn({ err }, 'forgetting unused archives failed');
    },
  });
  const resolver = new ClusterCodeResolver({
    codeStore,
    onUse: (codeSha256) => {
      unused.noteUse(codeSha256);
    },
    stagingDir: path.join(tmpdir(), 'mayfly-archives'),
    ...composeRegistries(api, config),
    readConfigMap: ({ namespace, name }, signal) => secrets.getConfigMap(namespace, name, signal),
    readS3: s3 && ((object, signal) => s3.read(object, signal)),
  });
  const findServing = (codeSha256: string): FunctionResource | undefined => {
    for (const fn of running.operator?.functions() ?? []) {
      if (fn.status?.served?.codeSha256 === codeSha256) return fn;
    }
    return undefined;
  };
  const delivery = new CodeDelivery({
    open: (codeSha256, signal) => resolver.recover(codeSha256, findServing(codeSha256), signal),
    presign: s3 && ((codeSha256, expiresInSeconds) => s3.presign(codeSha256, expiresInSeconds)),
    baseUrl: agentUrl(config, CODE_PATH),
    key: clusterKey,
    clock,
  });
  const uploads = new CheckedUploads({
    codeStore,
    stagingDir: path.join(tmpdir(), 'mayfly-uploads'),
    claim: (codeSha256) => unused.claim(codeSha256),
    awaitCopy: async (codeSha256, signal) => mirrored?.awaitCopy(codeSha256, signal),
  });
  return { codeStore, resolver, uploads, delivery, unused };
}

/** What is asked of registries, and with which passwords. */
function composeRegistries(
  api: KubeApi,
  { pods }: ClusterOperatorConfig,
): { readonly images: ImageResolver; readonly artefacts: OciArtefacts } {
  const references = makeReferenceReader(api);
  const client = new RegistryClient({ insecureRegistries: pods.insecureRegistries });
  const pullSecrets = new PullSecrets({
    readSecret: (key, signal) => references.readSecret(key, signal),
    everybodys: pods.imagePullSecrets,
  });
  const defaultArchitecture = ARCHITECTURE;
  return {
    images: new ImageResolver({ client, pullSecrets, defaultArchitecture }),
    artefacts: new OciArtefacts({ client, pullSecrets }),
  };
}

function agentUrl({ identity, ports }: ClusterOperatorConfig, path: string): string {
  return `http://${identity.leaderHost}:${ports.http.toString()}${path}`;
}

/** Of a Function, or of an Alias, whose name is the qualifier. */
function urlOf(
  object: FunctionResource | AliasResource,
  functionName: string,
  config: ClusterOperatorConfig,
): string | undefined {
  if (object.spec.url === undefined) return undefined;
  const { scheme, domain: urlDomain, port } = config.urls;
  return makeFunctionUrl({
    scheme,
    urlDomain,
    region: config.operator.region,
    namespace: object.metadata.namespace,
    functionName,
    qualifier: 'name' in object.spec ? object.spec.name : undefined,
    port,
  });
}
