import { randomUUID } from 'node:crypto';
import type {
  AliasResource,
  FunctionResource,
  LayerVersionResource,
  Platform,
  VersionResource,
} from '@mayfly/api';
import {
  functionIdOf,
  Informer,
  type Clock,
  type CodeStore,
  type ExecutionEnvironmentDriver,
  type FleetLinkServer,
  type Kind,
  type ObjectKey,
  type ResourceStore,
  type VersionNumbers,
  minimumUnreserved,
} from '@mayfly/core';
import type { Logger, Registry } from '@mayfly/telemetry';
import type { OperatorConfig } from './config.ts';
import {
  EventSourceMappingController,
  isMappingOf,
} from './controllers/event-source-mapping/controller.ts';
import { FunctionController, type FunctionCode } from './controllers/function/controller.ts';
import { FunctionNames } from './controllers/function/function-names.ts';
import { CountsStatusWriter } from './controllers/function/counts-status-writer.ts';
import {
  NetworkPolicies,
  type NetworkPolicyWriter,
} from './controllers/namespace/network-policies.ts';
import { CodeSigningConfigs } from './controllers/code-signing-config/code-signing-configs.ts';
import type { ObjectEvents } from './controllers/object-events.ts';
import { Layers } from './controllers/layer-version/layers.ts';
import { Releases, type ReleaseSources, type StartRunner } from './controllers/releases.ts';

import { Fleet } from './fleet/fleet.ts';
import { FunctionBook } from './fleet/function-book.ts';
import { makeOperatorMetrics } from './metrics.ts';
import { Provisioner } from './provisioning/provisioner.ts';
import {
  ControllerRunner,
  type Controller,
  type ControllerRunnerDeps,
} from './reconcile/controller-runner.ts';
import { Observations } from './rollouts/observations.ts';
import { Rollouts } from './rollouts/rollouts.ts';

export { loadConfig, type OperatorConfig } from './config.ts';
export { jsonVariable } from './json-variable.ts';
export { makePoolMetrics } from './pool-metrics.ts';

/** The operator's world: one side of each port. */
export interface OperatorDeps {
  readonly store: ResourceStore;
  readonly driver: ExecutionEnvironmentDriver;
  readonly link: FleetLinkServer;
  /** Lets gateways in, where the link is not open already. */
  readonly openLink?: () => Promise<void>;
  readonly code: FunctionCode & {
    /** Where code is not waited for: called with each Function for which there is news. */
    onSettled?(listener: (key: ObjectKey) => void): void;
  };
  readonly codeStore: Pick<CodeStore, 'open'>;
  readonly versionNumbers: VersionNumbers;
  readonly events: ObjectEvents;
  /** Undefined: there are no networks to part. */
  readonly networkPolicies?: NetworkPolicyWriter;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  /** The function's URL, or undefined when it has none. */
  readonly makeUrl: (fn: FunctionResource) => string | undefined;
  readonly makeAliasUrl: (alias: AliasResource) => string | undefined;
  readonly platform: Platform;
  readonly architecture: 'x86_64' | 'arm64';
}

/** A running operator. */
export interface OperatorHandle {
  /** The objects as they are now. */
  functions(): Iterable<FunctionResource>;
  versions(): Iterable<VersionResource>;
  /** Undefined while they are not known. */
  layers(): Iterable<LayerVersionResource> | undefined;
  /** Stops reconciling. Execution environments live on: the next operator finds them. */
  close(): Promise<void>;
  /** Stops reconciling and ends every execution environment. */
  destroy(): Promise<void>;
}

const DECISION_GAP_MS = 5;

/** Starts the operator: informers, then the fleet, then the controllers. */
export async function run(deps: OperatorDeps, config: OperatorConfig): Promise<OperatorHandle> {
  const { clock, logger } = deps;
  const stop = new AbortController();
  const metrics = makeOperatorMetrics(deps.registry);
  const sources = await startInformers(deps, stop.signal);
  const { functions, versions } = sources;

  const book = new FunctionBook(config.scaling.idleSeconds);
  const fleet = new Fleet({
    ...deps,
    metrics,
    functions: book,
    makeId: makeExecutionEnvironmentId,
    identity: config,
    limits: config.scaling,
    settleMs: config.settleMs,
    decisionGapMs: DECISION_GAP_MS,
  });
  const runners: { close(): Promise<void> }[] = [];
  const startRunner = makeStartRunner({ clock, logger, metrics }, runners);

  book.follow(sources, fleet.noteFunctionChange.bind(fleet));
  const shifts = makeShifts(deps, config, { book, fleet, sources });
  const stops = [shifts.provisioner.start()];
  fleet.start(await deps.driver.find(stop.signal));
  stops.push(shifts.observe());
  const names = new FunctionNames();
  names.follow(functions);
  const releaseDeps = { ...deps, ...shifts, account: config, fleet };
  const releases = new Releases(releaseDeps, sources, names);
  const named = await followNamed(deps, { account: config, functions }, stop.signal);
  const functionRunner = startRunner(
    new FunctionController({
      ...deps,
      fleet,
      layers: named.layers.book,
      codeSigning: named.codeSigning,
      functions: () => functions.list(),
      names,
      versions: releases.onChange,
      makeId: randomUUID,
      limits: config.scaling,
    }),
    functions,
  );
  releases.start(startRunner, functionRunner);
  for (const each of Object.values(named)) {
    void each.start(startRunner, functionRunner, stop.signal);
  }
  deps.code.onSettled?.(functionRunner.enqueue.bind(functionRunner));
  const countsWriter = new CountsStatusWriter(clock, functions, functionRunner);
  fleet.onCountsChange((functionId) => {
    countsWriter.note(functionId, fleet.counts(functionId));
    shifts.provisioner.noteCounts(functionId);
  });
  startMappings({ ...deps, account: config, releases }, startRunner, stop.signal);
  runners.push(...startNetworkPolicies(deps, functions));
  await deps.openLink?.();
  fleet.settleSoon();
  logger.info({ region: config.region, ...config.scaling }, 'operator started');

  const stopReconciling = async (): Promise<void> => {
    await Promise.all(runners.map((runner) => runner.close()));
    for (const end of stops) end();
    stop.abort();
  };
  return {
    functions: () => functions.list(),
    versions: () => versions.list(),
    layers: () => named.layers.book.all(),
    async close() {
      await stopReconciling();
      fleet.close();
    },
    async destroy() {
      await stopReconciling();
      await fleet.destroy();
    },
  };
}

function makeStartRunner(
  deps: Omit<ControllerRunnerDeps<Kind>, 'controller' | 'informer'>,
  runners: { close(): Promise<void> }[],
) {
  return <K extends Kind>(
    controller: Controller<K>,
    informer: Informer<K>,
  ): ControllerRunner<K> => {
    const runner = new ControllerRunner({ ...deps, controller, informer });
    runners.push(runner);
    runner.start();
    return runner;
  };
}

/** What Functions name by ARNs. */
async function followNamed(
  deps: OperatorDeps,
  {
    account,
    functions,
  }: { readonly account: OperatorConfig; readonly functions: Informer<'Function'> },
  signal: AbortSignal,
): Promise<{ readonly layers: Layers; readonly codeSigning: CodeSigningConfigs }> {
  const layers = new Layers({
    ...deps,
    numbers: deps.versionNumbers,
    account,
    functions,
    layers: makeInformers(deps)('LayerVersion'),
  });
  const configs = makeInformers(deps)('CodeSigningConfig');
  const codeSigning = new CodeSigningConfigs({ ...deps, account, functions, configs });
  await Promise.all([layers.follow(signal), codeSigning.follow(signal)]);
  return { layers, codeSigning };
}

function makeInformers({ store, clock, logger }: OperatorDeps) {
  return <K extends Kind>(kind: K): Informer<K> =>
    new Informer({
      store,
      kind,
      clock,
      onError: (error) => {
        logger.warn({ kind, err: error }, 'watch broke; trying again');
      },
    });
}

async function startInformers(deps: OperatorDeps, signal: AbortSignal): Promise<ReleaseSources> {
  const makeInformer = makeInformers(deps);
  const functions = makeInformer('Function');
  const versions = makeInformer('Version');
  const aliases = makeInformer('Alias');
  await Promise.all([functions, versions, aliases].map((each) => each.start(signal)));
  return { functions, versions, aliases };
}

/** What shifts invocations from version to version, and what is provisioned for them. */
function makeShifts(
  { clock, link }: OperatorDeps,
  { scaling }: OperatorConfig,
  {
    book,
    fleet,
    sources,
  }: {
    readonly book: FunctionBook;
    readonly fleet: Fleet;
    readonly sources: ReleaseSources;
  },
): {
  readonly provisioner: Provisioner;
  readonly rollouts: Rollouts;
  /** Returns the way to stop. */
  readonly observe: () => () => void;
} {
  const { accountConcurrency } = scaling;
  const limits = { accountConcurrency, minimumUnreserved: minimumUnreserved(scaling) };
  const provisioner = new Provisioner({ clock, book, fleet, sources, limits });
  const observations = new Observations({ link, clock });
  const rollouts = new Rollouts({
    clock,
    observations,
    keyOf: (fn, version) => {
      const entry = book.findVersion(functionIdOf(fn), version);
      return entry && { ...fn, revision: entry.revision };
    },
  });
  return { provisioner, rollouts, observe: () => observations.start() };
}

function startMappings(
  deps: OperatorDeps & { readonly account: OperatorConfig; readonly releases: Releases },
  startRunner: StartRunner,
  signal: AbortSignal,
): void {
  const { releases } = deps;
  const informer = makeInformers(deps)('EventSourceMapping');
  // All else is served all the same when they cannot be listed.
  void informer.start(signal).then(() => {
    if (signal.aborted) return;
    const factsOf = releases.facts.bind(releases);
    const runner = startRunner(new EventSourceMappingController({ ...deps, factsOf }), informer);
    releases.onNews((fn) => {
      for (const mapping of informer.list()) {
        if (isMappingOf(mapping, fn)) runner.enqueue(mapping.metadata);
      }
    });
  });
}

function startNetworkPolicies(
  { networkPolicies: writer, clock, logger }: OperatorDeps,
  functions: Informer<'Function'>,
): readonly NetworkPolicies[] {
  if (writer === undefined) return [];
  const policies = new NetworkPolicies({ functions, writer, clock, logger });
  policies.start();
  return [policies];
}

/** Long enough not to be guessed twice, short enough for a log line. */
function makeExecutionEnvironmentId(): string {
  return randomUUID().replaceAll('-', '');
}
