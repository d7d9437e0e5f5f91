import { randomUUID } from 'node:crypto';
import type { FunctionResource, Platform } from '@mayfly/api';
import {
  Informer,
  type Clock,
  type CodeStore,
  type ExecutionEnvironmentDriver,
  type FleetLinkServer,
  type Kind,
  type ObjectKey,
  type ResourceStore,
} from '@mayfly/core';
import type { Logger, Registry } from '@mayfly/telemetry';
import type { OperatorConfig } from './config.ts';
import {
  FunctionController,
  type FunctionCode,
  type FunctionEvents,
} from './controllers/function/controller.ts';
import { FunctionNames } from './controllers/function/function-names.ts';
import { CountsStatusWriter } from './controllers/function/counts-status-writer.ts';
import {
  NetworkPolicies,
  type NetworkPolicyWriter,
} from './controllers/namespace/network-policies.ts';
import { UnservedController, type UnservedKind } from './controllers/unserved/controller.ts';
import { Fleet } from './fleet/fleet.ts';
import { FunctionBook } from './fleet/function-book.ts';
import { makeOperatorMetrics } from './metrics.ts';
import { ControllerRunner, type Controller } from './reconcile/controller-runner.ts';

export { loadConfig, type OperatorConfig } from './config.ts';
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
  readonly codeStore: Pick<CodeStore, 'retain'>;
  readonly events: FunctionEvents;
  /** Undefined: there are no networks to part. */
  readonly networkPolicies?: NetworkPolicyWriter;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  /** The function's URL, or undefined when it has none. */
  readonly makeUrl: (fn: FunctionResource) => string | undefined;
  readonly platform: Platform;
  readonly architecture: 'x86_64' | 'arm64';
}

/** A running operator. */
export interface OperatorHandle {
  /** The Functions as they are now. */
  functions(): Iterable<FunctionResource>;
  /** Stops reconciling. Execution environments live on: the next operator finds them. */
  close(): Promise<void>;
  /** Stops reconciling and ends every execution environment. */
  destroy(): Promise<void>;
}

const DECISION_GAP_MS = 5;
const UNSERVED_KINDS: readonly UnservedKind[] = ['Version', 'Alias', 'EventSourceMapping'];

/** Starts the operator: informers, then the fleet, then the controllers. */
export async function run(deps: OperatorDeps, config: OperatorConfig): Promise<OperatorHandle> {
  const { store, clock, logger } = deps;
  const stop = new AbortController();
  const metrics = makeOperatorMetrics(deps.registry);
  const makeInformer = makeInformers(deps);

  const functions = makeInformer('Function');
  const versions = makeInformer('Version');
  await Promise.all([functions.start(stop.signal), versions.start(stop.signal)]);
  await forgetUnusedCode(deps.codeStore, functions, versions);

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
  const startRunner = <K extends Kind>(
    controller: Controller<K>,
    informer: Informer<K>,
  ): ControllerRunner<K> => {
    const runner = new ControllerRunner({ controller, informer, clock, logger, metrics });
    runners.push(runner);
    runner.start();
    return runner;
  };

  book.follow({ functions, versions }, (functionId) => {
    fleet.noteFunctionChange(functionId);
  });
  fleet.start(await deps.driver.find(stop.signal));
  const names = new FunctionNames();
  names.follow(functions);
  const functionRunner = startRunner(
    new FunctionController({
      ...deps,
      fleet,
      functions: () => functions.list(),
      names,
      makeId: randomUUID,
      limits: config.scaling,
    }),
    functions,
  );
  deps.code.onSettled?.(functionRunner.enqueue.bind(functionRunner));
  const countsWriter = new CountsStatusWriter(clock, functions, functionRunner);
  fleet.onCountsChange((functionId) => {
    countsWriter.note(functionId, fleet.counts(functionId));
  });
  for (const kind of UNSERVED_KINDS) {
    const informer = makeInformer(kind);
    // Functions are served all the same when one of these cannot be listed.
    void informer.start(stop.signal).then(() => {
      if (stop.signal.aborted) return;
      startRunner(new UnservedController({ store, kind, clock }), informer);
    });
  }
  const policies = startNetworkPolicies(deps, functions);
  if (policies !== undefined) runners.push(policies);
  await deps.openLink?.();
  fleet.settleSoon();
  logger.info({ region: config.region, ...config.scaling }, 'operator started');

  const stopReconciling = async (): Promise<void> => {
    await Promise.all(runners.map((runner) => runner.close()));
    stop.abort();
  };
  return {
    functions: () => functions.list(),
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

function startNetworkPolicies(
  { networkPolicies: writer, clock, logger }: OperatorDeps,
  functions: Informer<'Function'>,
): NetworkPolicies | undefined {
  if (writer === undefined) return undefined;
  const policies = new NetworkPolicies({ functions, writer, clock, logger });
  policies.start();
  return policies;
}

async function forgetUnusedCode(
  codeStore: Pick<CodeStore, 'retain'>,
  functions: Informer<'Function'>,
  versions: Informer<'Version'>,
): Promise<void> {
  const used = [
    ...[...functions.list()].map((fn) => fn.status?.served?.codeSha256),
    ...[...versions.list()].map((version) => version.spec.snapshot?.codeSha256),
  ];
  await codeStore.retain(new Set(used.filter((sha) => sha !== undefined)));
}

/** Long enough not to be guessed twice, short enough for a log line. */
function makeExecutionEnvironmentId(): string {
  return randomUUID().replaceAll('-', '');
}
