import {
  decideFleet,
  functionIdOf,
  parseFunctionId,
  pickVictims,
  revisionIdOf,
  type Announcement,
  type Creation,
  type FleetLinkServer,
  type FleetPlan,
  type FoundExecutionEnvironment,
  type GatewayEvent,
  type GatewayHello,
  type GatewayMessage,
  type Revocation,
  type RevisionKey,
} from '@mayfly/core';
import { LATEST } from '@mayfly/lambda-api';
import { forgetFunction } from '../metrics.ts';
import { Adoption } from './adoption.ts';
import { Confirmations } from './confirmations.ts';
import { CreationBudget } from './creation-budget.ts';
import { DecisionLog } from './decision-log.ts';
import { DemandJudge } from './demand-judge.ts';
import { Demands } from './demands.ts';
import { Endings } from './endings.ts';
import { FleetState, labelsOf, type FleetWorld } from './fleet-state.ts';
import { Gateways } from './gateways.ts';
import { Handovers } from './handovers.ts';
import type { Member, MemberCounts, ProvisionedCounts } from './members.ts';
import { Spreading } from './spreading.ts';
import type { StartFailure } from './start-failures.ts';
import { Starts } from './starts.ts';

/** What the fleet needs. */
export interface FleetDeps extends FleetWorld {
  readonly link: FleetLinkServer;
  readonly limits: {
    readonly accountConcurrency: number;
    readonly maxStarting: number;
    /** Created each second at the most, and at once after a quiet second. */
    readonly startsPerSecond: number;
  };
  /** How long gateways have to come back to an operator that has just begun, before one counts as gone. */
  readonly settleMs: number;
  /** Decisions are at least so far apart, so that a flood of messages is not a flood of decisions. */
  readonly decisionGapMs: number;
}

type FleetMessage = Exclude<GatewayMessage, { readonly kind: 'outcomes' }>;
const TICK_MS = 1_000;
const NO_REVISIONS: ReadonlyMap<string, unknown> = new Map();

/** How far it is with the provisioned concurrency of a version. */
export interface ProvisionedState extends ProvisionedCounts {
  /** For so many there is no room below the limits. */
  readonly missing: number;
  /** Why the last attempt to start one failed, until one succeeds. */
  readonly failure?: StartFailure;
}

/** The only maker of execution environments: does what `decideFleet` says, and keeps the facts for it. */
export class Fleet {
  readonly #deps: FleetDeps;
  readonly #state: FleetState;
  readonly #endings: Endings;
  readonly #handovers: Handovers;
  readonly #starts: Starts;
  readonly #demandJudge: DemandJudge;
  readonly #adoption: Adoption;
  readonly #spreading: Spreading;
  readonly #refused = new Set<string>();
  readonly #stops: (() => void)[] = [];
  readonly #countsListeners: ((functionId: string) => void)[] = [];
  /** Which states of objects all gateways follow. */
  readonly confirmations: Confirmations;
  readonly #budget: CreationBudget;
  readonly #log: DecisionLog;
  #isScheduled = false;
  #decidedMs = -Infinity;
  #isClosed = false;

  constructor(deps: FleetDeps) {
    this.#deps = deps;
    this.#budget = new CreationBudget(deps.clock, deps.limits.startsPerSecond);
    this.#log = new DecisionLog(deps.logger, this.#refused);
    this.#state = new FleetState({
      world: deps,
      demands: new Demands(),
      gateways: new Gateways(deps.link),
      evaluate: this.evaluate.bind(this),
      onCounts: (functionId) => {
        for (const listener of this.#countsListeners) listener(functionId);
      },
    });
    const { gateways } = this.#state;
    this.confirmations = new Confirmations({
      connected: () => gateways.connected(),
      isSettled: () => gateways.isSettled,
      clock: deps.clock,
      send: gateways.send.bind(gateways),
    });
    this.#endings = new Endings(this.#state);
    this.#handovers = new Handovers(this.#state, this.#endings);
    const parts = { endings: this.#endings, handovers: this.#handovers };
    this.#starts = new Starts(this.#state, parts);
    this.#demandJudge = new DemandJudge(this.#state);
    this.#adoption = new Adoption(this.#state, { ...parts, starts: this.#starts });
    this.#spreading = new Spreading(this.#state, this.#handovers);
  }

  /** Begins to decide, with the execution environments that an earlier operator left. */
  start(found: readonly FoundExecutionEnvironment[]): void {
    const { driver, link, clock } = this.#deps;
    this.#adoption.takeOver(found);
    const ticker = clock.every(TICK_MS, () => {
      this.#starts.giveUpOverdue();
      this.#state.backoffs.sweep(clock.now());
      this.#adoption.adoptAll();
      this.#spreading.decide();
      this.evaluate();
    });
    this.#stops.push(
      () => {
        ticker.cancel();
      },
      driver.onAnnouncement((announcement) => {
        this.#onAnnouncement(announcement);
      }),
      link.onEvent(this.#onEvent.bind(this)),
    );
  }

  /** Gateways can come from now on: those that have not by the end of their time are gone. */
  settleSoon(): void {
    const settling = this.#deps.clock.after(this.#deps.settleMs, () => {
      this.#settle();
    });
    this.#stops.push(() => {
      settling.cancel();
    });
  }

  /** Decides soon; many reasons at once make one decision. */
  evaluate(): void {
    if (this.#isScheduled || this.#isClosed) return;
    this.#isScheduled = true;
    const decide = (): void => {
      this.#isScheduled = false;
      if (this.#isClosed) return;
      this.#decidedMs = this.#deps.clock.now();
      this.#carryOut(this.#decide());
    };
    const waitMs = this.#decidedMs + this.#deps.decisionGapMs - this.#deps.clock.now();
    // The first one waits for nothing: it may be a cold start.
    if (waitMs <= 0) queueMicrotask(decide);
    else this.#deps.clock.after(waitMs, decide);
  }

  /** The function is served otherwise than before, or is gone: then nothing of it is remembered. */
  noteFunctionChange(functionId: string): void {
    const entry = this.#deps.functions.get(functionId);
    this.#state.startFailures.retain(functionId, entry?.revisions ?? NO_REVISIONS);
    if (entry === undefined) {
      this.#refused.delete(functionId);
      this.#state.paces.forget(functionId);
      if (!this.hasAny(functionId))
        forgetFunction(this.#deps.metrics, labelsOf(parseFunctionId(functionId)));
    }
    this.evaluate();
  }

  /** Calls back when the number of a function's execution environments changed. */
  onCountsChange(listener: (functionId: string) => void): void {
    this.#countsListeners.push(listener);
  }

  counts(functionId: string): MemberCounts {
    return this.#state.members.counts(functionId);
  }

  /** True while any execution environment of the function exists. */
  hasAny(functionId: string): boolean {
    return this.#state.members.of(functionId).length > 0;
  }

  /** Why the last attempt to start what is served as that version failed, until one succeeds. */
  startFailure(functionId: string, version = LATEST): StartFailure | undefined {
    const entry = this.#deps.functions.findVersion(functionId, version);
    return entry && this.#state.startFailures.of(entry);
  }

  /** Calls back when there is something else to say of the last start of a version. */
  onStartFailure(listener: (key: RevisionKey, version: string) => void): void {
    this.#state.startFailures.onChange((key) => {
      const entry = this.#deps.functions.find(key);
      if (entry !== undefined) listener(key, entry.version);
    });
  }

  /** How far it is with the provisioned concurrency of a version. */
  provisioned(functionId: string, version: string): ProvisionedState {
    const entry = this.#deps.functions.findVersion(functionId, version);
    if (entry === undefined) return { allocated: 0, available: 0, missing: 0 };
    const failure = this.#state.startFailures.of(entry);
    return {
      ...this.#state.members.provisioned(entry),
      missing: this.#log.missingOf(revisionIdOf(entry)),
      ...(failure === undefined ? {} : { failure }),
    };
  }

  /** Stops deciding. Execution environments live on for the next operator. */
  close(): void {
    this.#isClosed = true;
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** Stops deciding and ends every execution environment. */
  async destroy(): Promise<void> {
    this.close();
    const ids = this.#state.members.all().map((m) => m.executionEnvironmentId);
    await Promise.allSettled(ids.map((id) => this.#deps.driver.destroy(id)));
  }

  #decide(): FleetPlan {
    const { functions, limits, clock } = this.#deps;
    const { members, demands, backoffs } = this.#state;
    return decideFleet({
      members: members.all(),
      demands: demands.all().map((demand) => this.#demandJudge.judge(demand)),
      provisions: functions
        .provisions()
        .map((provision) => ({ ...provision, notBeforeMs: backoffs.notBeforeMs(provision.key) })),
      creations: this.#budget.available,
      functions: functions.limits(),
      refused: this.#refused,
      accountConcurrency: limits.accountConcurrency,
      maxStarting: limits.maxStarting,
      nowMs: clock.now(),
    });
  }

  #carryOut(plan: FleetPlan): void {
    const { members, gateways } = this.#state;
    for (const id of plan.abandon) void this.#endings.destroy(id);
    for (const revocation of plan.revoke) {
      const member = members.get(revocation.executionEnvironmentId);
      if (member !== undefined) this.#revoke(member, revocation);
    }
    for (const { executionEnvironmentId, to } of plan.move) {
      const member = members.get(executionEnvironmentId);
      if (member !== undefined) this.#handovers.move(member, to);
    }
    for (const fn of plan.lift) {
      this.#refused.delete(functionIdOf(fn));
      gateways.broadcast({ kind: 'lift', ...fn });
    }
    this.#sayOutlooks(plan.outlooks);
    for (const creation of plan.create) this.#create(creation);
    this.#log.shortages(plan.shortages);
    if (!plan.isAtRate) return;
    this.#budget.whenMore(() => {
      this.evaluate();
    });
  }

  #create(creation: Creation): void {
    this.#budget.spend();
    this.#log.created(creation);
    void this.#starts.create(creation);
  }

  #sayOutlooks(outlooks: FleetPlan['outlooks']): void {
    const { gateways, demands } = this.#state;
    for (const each of outlooks) {
      const { gatewayId, ...outlook } = each;
      if (outlook.refusal !== undefined) {
        this.#log.refused(each);
        this.#refused.add(functionIdOf(outlook.key));
      }
      // Every change of anybody's demand is a decision: what has been said is not said to all again.
      if (!demands.noteOutlook(gatewayId, outlook)) continue;
      gateways.send(gatewayId, { kind: 'outlook', ...outlook });
    }
  }

  #revoke(member: Member, revocation: Omit<Revocation, 'executionEnvironmentId'>): void {
    const { executionEnvironmentId, holderId } = member;
    member.isRevoked = true;
    this.#deps.metrics.revokes.inc({ reason: revocation.reason });
    this.#log.revoked(member, revocation);
    // An orphan has nobody who could be asked: it goes when it is found idle.
    if (holderId !== undefined) {
      this.#state.gateways.send(holderId, { kind: 'revoke', executionEnvironmentId });
    }
  }

  #onAnnouncement(announcement: Announcement): void {
    const member = this.#state.members.get(announcement.executionEnvironmentId);
    if (member === undefined) return;
    if (announcement.kind === 'gone') this.#onGone(member, announcement);
    else if (announcement.kind === 'no-room') this.#makeRoom(member);
    else if (member.isOrphan) this.#adoption.onNews(member);
    else if (announcement.kind === 'waiting') this.#starts.onWaiting(member, announcement);
    else {
      this.#starts.onReady(member, announcement);
      this.#demandJudge.noteCome(member.key);
    }
  }

  /** What others have idle gives way: idle never keeps anybody from starting. */
  #makeRoom({ key }: Member): void {
    const { functions } = this.#deps;
    const memoryMbOf = (of: RevisionKey): number =>
      functions.find(of)?.served.configuration.memorySize ?? 0;
    const wish = { key, memoryMb: memoryMbOf(key) };
    const victims = pickVictims(this.#state.members.all(), wish, (m) => memoryMbOf(m.key));
    for (const victim of victims) this.#revoke(victim, { reason: 'evicted' });
  }

  #onGone(member: Member, gone: Announcement & { kind: 'gone' }): void {
    if (member.isStarting) {
      this.#starts.fail(member, gone);
      return;
    }
    if (member.state === 'terminating') return;
    const { message } = gone;
    this.#deps.logger.warn({ ...member.key, message }, 'execution environment ended by itself');
    this.#endings.forget(member.executionEnvironmentId);
  }

  #onEvent(event: GatewayEvent): void {
    switch (event.kind) {
      case 'connected':
        this.#onConnected(event.hello);
        break;
      case 'disconnected':
        this.#state.gateways.disconnect(event.gatewayId);
        this.#state.demands.forgetGateway(event.gatewayId);
        this.confirmations.onDisconnected(event.gatewayId);
        this.#spreading.forgetGateway(event.gatewayId);
        this.#adoption.onGatewayGone(event.gatewayId);
        break;
      case 'message':
        // Outcomes say nothing of execution environments: see `Observations`.
        if (event.message.kind === 'outcomes') return;
        this.#onMessage(event.gatewayId, event.message);
        break;
    }
    this.evaluate();
  }

  #onConnected(hello: GatewayHello): void {
    const { gatewayId, address, demands, holding } = hello;
    this.#deps.logger.info({ gatewayId, address, holding: holding.length }, 'gateway connected');
    this.#spreading.learn(hello);
    this.#state.gateways.connect(hello);
    this.confirmations.onConnected(gatewayId);
    this.#state.demands.forgetGateway(gatewayId);
    for (const { key, queued } of demands) this.#setDemand(gatewayId, { key, queued });
    this.#adoption.onHello(hello);
    this.#adoption.adoptAll();
    this.#handovers.moveHome();
  }

  /** Every gateway has had its time to come: what nobody has claimed is nobody's. */
  #settle(): void {
    this.#state.gateways.settle();
    this.confirmations.onSettled();
    this.#adoption.adoptAll();
    this.#handovers.moveHome();
    this.evaluate();
  }

  #onMessage(gatewayId: string, message: FleetMessage): void {
    switch (message.kind) {
      case 'demand':
        this.#setDemand(gatewayId, message);
        return;
      case 'activity':
        this.#onActivity(gatewayId, message);
        return;
      case 'load':
        this.#spreading.noteLoad(gatewayId, message);
        return;
      case 'draining':
        this.#state.gateways.drain(gatewayId);
        this.#handovers.moveHome();
        return;
      case 'confirmed':
        this.confirmations.note(gatewayId, message.state);
        return;
      case 'released':
      case 'dead':
      case 'occupied': {
        // Of one that another gateway has by now it has nothing to say.
        const member = this.#findHeld(gatewayId, message.executionEnvironmentId);
        if (member !== undefined) this.#onLoss(member, message);
        return;
      }
    }
  }

  #onLoss(
    member: Member,
    message: GatewayMessage & { kind: 'released' | 'dead' | 'occupied' },
  ): void {
    switch (message.kind) {
      case 'released':
        this.#handovers.onReleased(member);
        return;
      case 'dead':
        this.#deps.logger.warn({ ...member.key, ...message }, 'execution environment found dead');
        if (!this.#starts.takeBack(member))
          void this.#endings.destroy(member.executionEnvironmentId);
        if (message.isLost) this.#deps.driver.noteLost(member.executionEnvironmentId);
        return;
      case 'occupied':
        member.orphan();
        this.#state.noteCounts(member.key);
        return;
    }
  }

  #setDemand(
    gatewayId: string,
    demand: Pick<GatewayMessage & { kind: 'demand' }, 'key' | 'queued' | 'typicalMs'>,
  ): void {
    const { queued, key, typicalMs } = demand;
    const { demands, backoffs, gateways, paces } = this.#state;
    const nowMs = this.#deps.clock.now();
    if (typicalMs !== undefined) paces.noteInvocations(functionIdOf(key), typicalMs);
    const isNew = queued > 0 && demands.get(gatewayId, key) === undefined;
    demands.set(gatewayId, key, { queued, nowMs });
    if (isNew) this.#demandJudge.bePatient(key);
    const failure = queued === 0 ? undefined : backoffs.current(key, nowMs);
    // Nobody waits for a try that is not made, when the last one has just failed for good.
    if (failure?.isTemporary === false) {
      const { message } = failure;
      gateways.send(gatewayId, { kind: 'unavailable', key, message, isTemporary: false });
    }
  }

  #onActivity(gatewayId: string, { idle, busy }: GatewayMessage & { kind: 'activity' }): void {
    for (const id of busy) {
      const member = this.#findHeld(gatewayId, id);
      // One that was asked for while it was idle may have got an invocation before it heard of it.
      const isIdle = member?.state === 'idle' || member?.state === 'moving';
      if (isIdle) this.#setState(member, 'busy');
    }
    for (const id of idle) {
      const member = this.#findHeld(gatewayId, id);
      if (member?.isGranted !== true) continue;
      member.idleSinceMs = this.#deps.clock.now();
      this.#setState(member, 'idle');
    }
  }

  #findHeld(gatewayId: string, executionEnvironmentId: string): Member | undefined {
    const member = this.#state.members.get(executionEnvironmentId);
    return member?.holderId === gatewayId ? member : undefined;
  }

  #setState(member: Member, state: 'idle' | 'busy'): void {
    if (member.state === state) return;
    member.state = state;
    this.#state.noteCounts(member.key);
  }
}
