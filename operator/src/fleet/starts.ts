import {
  functionIdOf,
  isDriverUnavailable,
  isSameRevision,
  type Announcement,
  type Creation,
  type RevisionKey,
  type StartDurations,
} from '@mayfly/core';
import { initTimeoutOf, makeAssignRequest } from './assign-request.ts';
import { describeInitFailure } from './describe-init-failure.ts';
import type { Endings } from './endings.ts';
import { labelsOf, type FleetState } from './fleet-state.ts';
import type { RevisionEntry } from './function-book.ts';
import type { Handovers } from './handovers.ts';
import type { Member } from './members.ts';

const UNKNOWN_CAUSE = 'StartFailed';
const CREATE_DEADLINE_MS = 60_000;
// Its image may have to be pulled. Beyond that something is missing: a volume, a network.
const WAITING_WITHIN_MS = 300_000;
// Beyond the init phase: time to kill a runtime that has timed out, and to repeat an announcement that was lost.
const READY_MARGIN_MS = 20_000;
// What has become of one that its gateway has found dead: an announcement, or the end of its pod.
const LAST_WORDS_WITHIN_MS = 5_000;

/** The way of an execution environment from nothing to its first grant: create, assign, ready. */
export class Starts {
  readonly #state: FleetState;
  readonly #endings: Endings;
  readonly #handovers: Handovers;

  constructor(state: FleetState, parts: { endings: Endings; handovers: Handovers }) {
    this.#state = state;
    this.#endings = parts.endings;
    this.#handovers = parts.handovers;
  }

  async create({ key, gatewayId, isProvisioned }: Creation): Promise<void> {
    const { driver, functions, clock, logger, makeId, identity } = this.#state.world;
    const entry = functions.find(key);
    if (entry === undefined) return;
    const createdMs = clock.now();
    const member = this.#state.members.add({
      executionEnvironmentId: makeId(),
      key,
      isProvisioned,
      createdMs,
    });
    member.destinationId = gatewayId;
    member.wishedMs = this.#wishedMs(key, gatewayId) ?? createdMs;
    member.dueByMs = createdMs + WAITING_WITHIN_MS;
    const { executionEnvironmentId } = member;
    this.#state.noteCounts(key);
    try {
      const { configuration, image } = entry.served;
      const isEmulated = configuration.runtimeInterface === 'rie';
      const { runtime, memorySize: memorySizeMb } = configuration;
      await driver.create(
        {
          executionEnvironmentId,
          key,
          isProvisioned,
          runtime,
          image,
          memorySizeMb,
          configuration,
          owner: entry.owner,
          assignment: isEmulated ? makeAssignRequest(member, entry, identity) : undefined,
        },
        AbortSignal.timeout(CREATE_DEADLINE_MS),
      );
    } catch (error) {
      logger.error({ ...key, executionEnvironmentId, err: error }, 'creating failed');
      this.fail(member, toCause(error));
    }
  }

  #wishedMs(key: RevisionKey, gatewayId: string | undefined): number | undefined {
    return gatewayId === undefined ? undefined : this.#state.demands.get(gatewayId, key)?.sinceMs;
  }

  /** Its agent waits for a function: it gets the one that it was made for. */
  onWaiting(member: Member, { address, token }: Announcement & { kind: 'waiting' }): void {
    const { clock, metrics } = this.#state.world;
    if (member.state !== 'starting' || member.address !== undefined) return;
    member.waitingMs = clock.now();
    metrics.startDuration.observe({ phase: 'create' }, (clock.now() - member.createdMs) / 1000);
    const entry = this.#state.entryOf(member);
    if (entry === undefined) {
      this.#state.evaluate();
      return;
    }
    member.address = { address, token };
    void this.assign(member, entry);
  }

  async assign(member: Member, entry: RevisionEntry): Promise<void> {
    const { driver, clock, identity, logger } = this.#state.world;
    const request = makeAssignRequest(member, entry, identity);
    member.assignedMs = clock.now();
    member.dueByMs = Infinity;
    try {
      const assigned = await driver.assign(request, AbortSignal.timeout(CREATE_DEADLINE_MS));
      this.expectReady(member, entry);
      if (assigned.holdsInvocations) this.#grantAhead(member);
    } catch (error) {
      // Given up meanwhile: that is why it failed. Or ready, and only the answer was lost.
      if (member.state !== 'starting') return;
      logger.error({ ...member.key, err: error }, 'assigning failed');
      this.fail(member, toCause(error));
    }
  }

  /** Its init phase runs, or will when its runtime's container is there: that has as long as any start. */
  expectReady(member: Member, entry: RevisionEntry): void {
    const startsBy = Math.max(this.#state.world.clock.now(), member.createdMs + WAITING_WITHIN_MS);
    const initMs = initTimeoutOf(entry.served.configuration, member.isProvisioned);
    member.dueByMs = startsBy + initMs + READY_MARGIN_MS;
  }

  /**
   * To a gateway where an invocation waits, while init runs: what is on the way between operator, gateway and agent
   * is so at the same time. What nobody waits for is granted when it is ready.
   */
  #grantAhead(member: Member): void {
    const { demands, gateways, world } = this.#state;
    const { destinationId, key } = member;
    if (member.state !== 'starting' || member.isProvisioned || member.isRevoked) return;
    if (destinationId === undefined || !gateways.isServing(destinationId)) return;
    if (demands.get(destinationId, key) === undefined) return;
    member.idleSinceMs = world.clock.now();
    this.#handovers.grant(member, describeStart(member, 0));
    member.isInitialising = true;
    this.#state.noteCounts(key);
    this.#state.evaluate();
  }

  /**
   * Its gateway has found one dead that was granted ahead: it is on its way as before, until it says what has become of
   * it, or its time is over. False when its init phase is over: its end is no failed start.
   */
  takeBack(member: Member): boolean {
    if (!member.isInitialising || member.isRevoked || member.state === 'terminating') return false;
    member.isInitialising = false;
    member.state = 'starting';
    member.destinationId = member.holderId;
    member.holderId = undefined;
    member.dueByMs = Math.min(member.dueByMs, this.#state.world.clock.now() + LAST_WORDS_WITHIN_MS);
    this.#state.noteCounts(member.key);
    this.#state.evaluate();
    return true;
  }

  onReady(member: Member, ready: Announcement & { kind: 'ready' }): void {
    if (!member.isStarting || member.address === undefined) return;
    this.#noteReady(member, ready);
    if (member.isInitialising) {
      member.isInitialising = false;
      this.#state.evaluate();
      return;
    }
    member.state = 'idle';
    member.idleSinceMs = this.#state.world.clock.now();
    this.#handovers.grant(member, describeStart(member, ready.initDurationMs));
    this.#state.noteCounts(member.key);
    this.#state.evaluate();
  }

  #noteReady(member: Member, ready: Announcement & { kind: 'ready' }): void {
    const { clock, metrics } = this.#state.world;
    this.#noteInit(member, ready);
    const { initDurationMs, initOutcome, codeDurations } = ready;
    const assignSeconds = (clock.now() - member.assignedMs) / 1000;
    metrics.startDuration.observe({ phase: 'assign' }, assignSeconds);
    if (codeDurations !== undefined) {
      const { downloadMs, unpackMs } = codeDurations;
      metrics.startDuration.observe({ phase: 'download' }, downloadMs / 1000);
      metrics.startDuration.observe({ phase: 'unpack' }, unpackMs / 1000);
    }
    metrics.initDuration.observe(
      { ...labelsOf(member.key), outcome: initOutcome },
      initDurationMs / 1000,
    );
    const functionId = functionIdOf(member.key);
    this.#state.paces.noteStart(functionId, clock.now() - member.createdMs);
    this.#state.backoffs.clear(member.key);
  }

  /** One whose init failed serves all the same: init is run again with each invocation. */
  #noteInit(member: Member, ready: Announcement & { kind: 'ready' }): void {
    const entry = this.#state.entryOf(member);
    if (entry === undefined) return;
    const initMs = initTimeoutOf(entry.served.configuration, member.isProvisioned);
    const failure = describeInitFailure(ready, initMs);
    if (failure === undefined) this.#state.startFailures.clear(member.key);
    else this.#state.startFailures.note(member.key, failure);
  }

  /** Its announcement was lost, or its agent hangs: without this it would count and be waited for forever. */
  giveUpOverdue(): void {
    const { clock, logger } = this.#state.world;
    for (const member of this.#state.members.overdue(clock.now())) {
      const { executionEnvironmentId, key } = member;
      logger.error({ ...key, executionEnvironmentId }, 'not ready in time');
      const message =
        member.address === undefined
          ? `The execution environment did not start within ${String(WAITING_WITHIN_MS / 1000)} s.`
          : 'The execution environment was not ready in time.';
      this.fail(member, { reason: 'NotReadyInTime', message });
    }
  }

  /** It will not be ready: those that wait are told, and the next try comes later. */
  fail(member: Member, { reason = UNKNOWN_CAUSE, message, isTemporary = false }: Cause): void {
    const { metrics, clock, functions } = this.#state.world;
    const { demands, gateways, backoffs, members } = this.#state;
    const { key } = member;
    metrics.startFailures.inc({ ...labelsOf(key) });
    backoffs.note(key, { message, isTemporary }, clock.now());
    // Of what is served no more nobody would ever forget it.
    if (functions.find(key) !== undefined) {
      this.#state.startFailures.note(key, { reason, message });
    }
    const isAnyComing = members
      .of(functionIdOf(key))
      .some((one) => one !== member && one.state === 'starting' && isSameRevision(one.key, key));
    for (const gatewayId of isAnyComing ? [] : demands.waitingFor(key)) {
      demands.forgetOutlook(gatewayId, key);
      gateways.send(gatewayId, { kind: 'unavailable', key, message, isTemporary });
    }
    void this.#endings.destroy(member.executionEnvironmentId);
  }
}

/** One that was adopted while it started is described in part: nobody knows since when it was wished for. */
function describeStart(member: Member, initDurationMs: number): StartDurations {
  const { wishedMs, createdMs, assignedMs, idleSinceMs } = member;
  const waitingMs = member.waitingMs ?? assignedMs;
  const initMs = Math.min(initDurationMs, idleSinceMs - assignedMs);
  return {
    grantMs: createdMs - wishedMs + (assignedMs - waitingMs),
    podMs: waitingMs - createdMs,
    assignMs: idleSinceMs - assignedMs - initMs,
    initMs,
  };
}

/** Why one will not be ready. */
interface Cause {
  readonly reason?: string;
  readonly message: string;
  readonly isTemporary?: boolean;
}

function toCause(error: unknown): Cause {
  return {
    message: error instanceof Error ? error.message : String(error),
    isTemporary: isDriverUnavailable(error),
  };
}
