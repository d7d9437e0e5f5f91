import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import {
  functionIdOf,
  type Clock,
  type CodeUploads,
  type FleetLink,
  type GatewayMember,
  type ResourceStore,
} from '@mayfly/core';
import { LATEST, LIMITS } from '@mayfly/lambda-api';
import type { Logger, Registry } from '@mayfly/telemetry';
import type { FastifyInstance } from 'fastify';
import { composeCode } from './code/compose-code.ts';
import type { GatewayConfig } from './config.ts';
import { ApiObjects } from './api/objects/api-objects.ts';
import { ObjectWriter } from './api/objects/object-writer.ts';
import { Sightings } from './functions/sightings.ts';
import { askOthers } from './api/objects/ask-others.ts';
import { Forwarder, type ForwardResult } from './forward/forwarder.ts';
import {
  startInternalServer,
  type InternalServer,
  type InternalServerDeps,
} from './forward/internal-server.ts';
import type { ForwardTerms } from './forward/protocol.ts';
import { FunctionIndex } from './functions/function-index.ts';
import { RevisionSuccession } from './functions/revision-succession.ts';
import { followRouting } from './functions/follow-routing.ts';
import { watchObjects, type ObjectWatch } from './functions/watch-objects.ts';
import { FellowHomes } from './homes/fellow-homes.ts';
import { Homes } from './homes/homes.ts';
import { InFlight } from './homes/in-flight.ts';
import { LoadMeter } from './homes/load-meter.ts';
import { Admission } from './invoke/admission.ts';
import { Dispatcher } from './invoke/dispatcher.ts';
import type { Invocation, InvocationTarget } from './invoke/invocation.ts';
import { InvocationRouter } from './invoke/invocation-router.ts';
import { Invoker } from './invoke/invoker.ts';
import { LostPeers } from './invoke/lost-peers.ts';
import { InvocationResolver } from './invoke/resolver.ts';
import { RollCall } from './invoke/roll-call.ts';
import { makeGatewayMetrics, type GatewayMetrics } from './metrics.ts';
import { OutcomeCounts } from './observations/outcome-counts.ts';
import { reportOutcomes } from './observations/report-outcomes.ts';
import { composeIdentity, type IdentityDeps } from './identity/compose-identity.ts';
import { PayloadBudget } from './payloads/payload-budget.ts';
import { buildServer } from './server.ts';
import { watchSilentConnections, type SilentConnections } from './silent-connections.ts';

/** How gateways reach each other. */
export interface GatewayCluster {
  readonly gatewayId: string;
  /** Address that the others reach us at. */
  readonly host: string;
  /** Port for invocations of other gateways. 0 takes any free port. */
  readonly internalPort: number;
  /** Address to listen on for them. */
  readonly internalHost: string;
  /** Tokens that gateways know each other by: the first one is sent, every one is taken. */
  readonly tokens: () => readonly string[];
}

/** The world outside of a gateway. */
export interface GatewayDeps {
  readonly store: ResourceStore;
  readonly link: FleetLink;
  /** The way of archives into the code store, and back. */
  readonly codeUploads: CodeUploads;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  /** From 0 up to 1, for weighted aliases. */
  readonly random: () => number;
  /** Undefined: there is no other gateway. */
  readonly cluster?: GatewayCluster | undefined;
  /** Who may call, and how that is known. Undefined: everybody who reaches the gateway. */
  readonly identity?: IdentityDeps | undefined;
  /** Share of the time since it was asked last that the event loop was busy. Default: what Node.js measures. */
  readonly readUtilisation?: (() => number) | undefined;
}

/** The parts of a gateway, joined and not started. */
export interface GatewayParts {
  readonly app: FastifyInstance;
  /** Of `app`: opened ahead and never used. */
  readonly silentConnections: SilentConnections;
  /** Knows whose home is where, and the functions. */
  readonly isReady: () => boolean;
  /** Watches functions, takes invocations of other gateways, and meets the operator. */
  start(): Promise<void>;
  /** Home to nothing from now on; what waits goes to its new home. */
  drain(): void;
  /** Undefined when there is no other gateway, or before `start`. */
  internal(): InternalServer | undefined;
  stop(): Promise<void>;
}

const ALONE = 'alone';
/** A payload that came through a function URL is base64 inside of JSON. */
const FORWARDED_PAYLOAD_FACTOR = 4;

/** Joins the parts. */
export function composeGateway(deps: GatewayDeps, config: GatewayConfig): GatewayParts {
  const draining = { isDraining: false };
  const lostPeers = new LostPeers(deps.clock);
  const here = composeHome(deps, config, lostPeers);
  const forwarder = composeForwarder(deps, lostPeers, here.metrics);
  const { homes, router, fellows, meter } = composeHomes(deps, config, { here, forwarder });
  const app = composeApp(deps, config, {
    here,
    router,
    forwarder,
    homes,
    isDraining: () => draining.isDraining,
  });
  const watching = new AbortController();
  const unsubscribe = deps.link.onMessage((message) => {
    if (message.kind === 'spread') homes.setSpread(message.functions);
    else if (message.kind === 'members') homes.setMembers(message.gateways);
    else return;
    forwarder.retain(homes.siblings);
    here.admission.moveAway((functionId) => homes.isHome(functionId));
  });
  const parts = { homes, draining, here, fellows };
  let internal: InternalServer | undefined;
  return {
    app,
    silentConnections: watchSilentConnections(app.server),
    isReady: () => homes.isKnown && here.watch.hasSynced && !draining.isDraining,
    internal: () => internal,
    start: async () => {
      await here.watch.start(watching.signal);
      internal = await startInternal(deps, config, parts);
      openLink(deps, parts, internal);
    },
    drain: () => {
      draining.isDraining = true;
      // Alone there is nobody to go to: what waits is served here.
      if (deps.cluster === undefined) return;
      homes.drain();
      deps.link.send({ kind: 'draining' });
      here.admission.moveAway((functionId) => homes.isHome(functionId));
    },
    stop: async () => {
      watching.abort();
      unsubscribe();
      here.stopRouting();
      here.admission.close();
      here.stopReports();
      lostPeers.close();
      meter.close();
      await deps.link.close();
      await Promise.all([here.dispatcher.destroy(), forwarder.destroy()]);
    },
  };
}

/** What has a say in taking invocations of others. */
interface SharedParts {
  readonly homes: Homes;
  readonly draining: { readonly isDraining: boolean };
  readonly here: HomeParts;
  readonly fellows: FellowHomes;
}

/** Whose home is where, and how invocations come there. */
function composeHomes(
  deps: GatewayDeps,
  config: GatewayConfig,
  { here, forwarder }: { readonly here: HomeParts; readonly forwarder: Forwarder },
): {
  readonly homes: Homes;
  readonly router: InvocationRouter;
  readonly fellows: FellowHomes;
  readonly meter: LoadMeter;
} {
  const { clock, link, cluster, random } = deps;
  const inFlight = new InFlight();
  const homes = new Homes({
    gatewayId: cluster?.gatewayId ?? ALONE,
    isAlone: cluster === undefined,
    random,
    inFlightTo: (gatewayId) => inFlight.to(gatewayId),
  });
  const meter = new LoadMeter({
    clock,
    send: (message) => {
      // Alone there is nobody to share it with.
      if (cluster !== undefined) link.send(message);
    },
    readUtilisation: deps.readUtilisation ?? makeUtilisationReader(),
  });
  const hasIdle = (key: InvocationTarget['key']): boolean => here.admission.hasIdle(key);
  const forward = (
    sibling: GatewayMember,
    invocation: Invocation,
    terms: ForwardTerms,
  ): Promise<ForwardResult> => {
    meter.noteForwarded();
    return inFlight.during(sibling.gatewayId, () => forwarder.forward(sibling, invocation, terms));
  };
  const fellows = new FellowHomes({
    clock,
    fellowHomes: (functionId) => homes.fellowHomes(functionId),
    hasIdle,
    actAsHome: (invocation, untilMs) => {
      meter.noteServed(functionIdOf(invocation.target.key));
      return here.invoker.invoke(invocation, untilMs);
    },
    offer: (sibling, invocation, waitMs) =>
      forward(sibling, invocation, { waitMs, onlyIfIdle: true }),
  });
  const router = new InvocationRouter({
    clock,
    homesBeforeUs: (functionId) => homes.homesBeforeUs(functionId),
    hasIdle,
    actAsHome: (invocation, untilMs) => fellows.serve(invocation, untilMs),
    forward: (sibling, invocation, waitMs) =>
      forward(sibling, invocation, { waitMs, onlyIfIdle: false }),
    queueTimeoutMs: config.queue.timeoutMs,
  });
  return { homes, router, fellows, meter };
}

function makeUtilisationReader(): () => number {
  let before = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return utilization;
  };
}

function openLink(
  { link, cluster }: GatewayDeps,
  { homes, draining, here }: SharedParts,
  internal: InternalServer | undefined,
): void {
  const gatewayId = cluster?.gatewayId ?? ALONE;
  const isIpv6 = cluster?.host.includes(':') === true;
  const host = isIpv6 ? `[${cluster.host}]` : (cluster?.host ?? '');
  const address = internal === undefined ? '' : `${host}:${internal.port.toString()}`;
  link.open(() => ({
    gatewayId,
    address,
    isDraining: cluster !== undefined && draining.isDraining,
    spread: homes.spread,
    ...here.admission.hello(),
  }));
}

function startInternal(
  { clock, logger, cluster }: GatewayDeps,
  { maxPayloadBytes }: GatewayConfig,
  { homes, draining, here, fellows }: SharedParts,
): Promise<InternalServer | undefined> {
  if (cluster === undefined) return Promise.resolve(undefined);
  const actAsHome: InternalServerDeps['actAsHome'] = (invocation, terms) => {
    const { key } = invocation.target;
    // Whoever sent it has not heard yet. The operator gives us nothing new: it would wait in vain.
    const isElsewhere = draining.isDraining && !homes.isHome(functionIdOf(key));
    const mustBeIdle = isElsewhere || terms.onlyIfIdle;
    if (mustBeIdle && !here.admission.hasIdle(key)) return Promise.resolve({ kind: 'moved' });
    return fellows.serve(invocation, terms.waitsUntilMs);
  };
  return startInternalServer(
    {
      clock,
      logger,
      actAsHome,
      tokens: cluster.tokens,
      isDraining: () => draining.isDraining,
      see: (sighting, timeoutMs) => here.sightings.see(sighting, timeoutMs),
      payloads: here.payloads,
      maxPayloadBytes: FORWARDED_PAYLOAD_FACTOR * maxPayloadBytes,
    },
    { host: cluster.internalHost, port: cluster.internalPort },
  );
}

function composeForwarder(
  { clock, logger, cluster }: GatewayDeps,
  lostPeers: LostPeers,
  metrics: GatewayMetrics,
): Forwarder {
  const token = (): string | undefined => cluster?.tokens()[0];
  return new Forwarder({ clock, lostPeers, logger, metrics, token });
}

/** What acting as home needs. */
interface HomeParts {
  readonly admission: Admission;
  readonly dispatcher: Dispatcher;
  readonly index: FunctionIndex;
  readonly watch: ObjectWatch;
  readonly sightings: Sightings;
  readonly stopRouting: () => void;
  readonly invoker: Invoker;
  readonly metrics: GatewayMetrics;
  readonly payloads: PayloadBudget;
  readonly stopReports: () => void;
}

function composeHome(deps: GatewayDeps, config: GatewayConfig, lostPeers: LostPeers): HomeParts {
  const { clock, link, logger } = deps;
  const dispatcher = new Dispatcher({
    clock,
    lostPeers,
    maxAnswerBytes: 2 * LIMITS.maxSyncResponseBytes,
    onDisconnected: (executionEnvironment) => void rollCall.call(executionEnvironment),
  });
  const onRemoved = (executionEnvironmentId: string): void => {
    dispatcher.forget(executionEnvironmentId);
  };
  const admission = new Admission({ link, clock, onRemoved }, config.queue);
  const rollCall = new RollCall(admission);
  const succession = new RevisionSuccession();
  const payloads = new PayloadBudget(config.queue.maxBytes);
  const metrics = makeGatewayMetrics(deps.registry, {
    queueLength: () => admission.waiting,
    heldBytes: () => payloads.heldBytes,
  });
  const index = new FunctionIndex(
    (from, to) => {
      succession.note(from, to);
      admission.leaveRevision(from, to);
      const isGone = index.find(from.namespace, from.functionName) === undefined;
      if (isGone) metrics.forget(from);
    },
    (functionId, qualifier) => {
      metrics.forgetQualifier(functionId, qualifier);
    },
  );
  const watch = watchObjects(deps);
  const sightings = new Sightings({ informers: watch.informers, clock });
  const stopRouting = followRouting({ informers: watch.informers, link, index });
  const renew = (target: InvocationTarget): InvocationTarget | undefined => {
    const { key, version } = target;
    if (version !== LATEST || !succession.isOver(key)) return target;
    const latest = index.find(key.namespace, key.functionName)?.latest;
    return latest === undefined ? undefined : { ...target, ...latest };
  };
  const outcomes = new OutcomeCounts(clock);
  const stopReports = reportOutcomes(outcomes, link, clock);
  const invoker = new Invoker({
    admission,
    dispatcher,
    rollCall,
    clock,
    logger,
    metrics: {
      ...metrics,
      of: (key, qualifier) => outcomes.watch(key, metrics.of(key, qualifier)),
    },
    renew,
  });
  return {
    admission,
    dispatcher,
    index,
    watch,
    sightings,
    stopRouting,
    invoker,
    metrics,
    payloads,
    stopReports,
  };
}

function composeApp(
  { store, clock, logger, random, identity, ...deps }: GatewayDeps,
  config: GatewayConfig,
  {
    here,
    router,
    forwarder,
    homes,
    isDraining,
  }: {
    readonly here: HomeParts;
    readonly router: InvocationRouter;
    readonly forwarder: Forwarder;
    readonly homes: Homes;
    readonly isDraining: () => boolean;
  },
): FastifyInstance {
  const { index, payloads, watch, sightings } = here;
  const { informers } = watch;
  const awaitOthers = askOthers({ siblings: () => homes.siblings, forwarder, logger });
  const find = index.find.bind(index);
  const { codeUploads, locationKeys, makeCodeLocation } = composeCode(deps);
  return buildServer({
    ...config,
    ...composeIdentity({ identity, find, clock, logger }, config),
    clock,
    logger,
    payloads,
    invocations: router,
    resolver: new InvocationResolver({
      ...config,
      random,
      find,
    }),
    findFunction: find,
    findByUrlId: (urlId) => index.findByUrlId(urlId),
    isDraining,
    codeUploads,
    locationKeys,
    api: {
      codeUploads,
      makeCodeLocation,
      objects: new ApiObjects(informers),
      writer: new ObjectWriter({ store, informers, sightings, awaitOthers }),
      clock,
      makeId: randomUUID,
      accountConcurrency: config.accountConcurrency,
      urlDomain: config.urlDomain,
    },
    site: { namespace: config.namespace, region: config.region, accountId: config.accountId },
  });
}
