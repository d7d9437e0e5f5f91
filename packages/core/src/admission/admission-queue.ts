import type { ThrottleReason } from '@mayfly/lambda-api';
import type {
  GatewayHello,
  GatewayMessage,
  GrantedExecutionEnvironment,
  OperatorMessage,
  StartDurations,
} from '../ports/fleet-link.ts';
import type { RevisionKey } from '../ports/revision-key.ts';
import { functionIdOf, revisionIdOf } from '../fleet/facts.ts';
import { updateTypicalMs } from '../fleet/pace.ts';
import { ActivityLog } from './activity-log.ts';
import { findSuspects } from './find-suspects.ts';
import { IdleList } from './idle-list.ts';
import type {
  AdmissionOutcome,
  FunctionState,
  RevisionState,
  Slot,
  Waiter,
} from './admission-state.ts';

export type { AdmissionOutcome, Waiter } from './admission-state.ts';

/** What admission is made with. */
export interface AdmissionQueueOptions {
  /** Most invocations of one function that wait. */
  readonly maxQueueLength: number;
  /** Tells the operator. */
  readonly send: (message: GatewayMessage) => void;
  /** An execution environment is no longer ours: its connection can be closed. */
  readonly onRemoved?: (executionEnvironmentId: string) => void;
  /** A demand has changed and was not sent yet: call `flushDemand` soon. */
  readonly onDemandChanged?: () => void;
}

/** A refusal is asked for again after this, should a `lift` have been lost on the way. */
const REFUSAL_MEMORY_MS = 1000;

/**
 * Who runs where: idle execution environments by revision, and the invocations that wait for one. No I/O and
 * no clock. One execution environment never gets two invocations; waiters are served in the order they came.
 */
export class AdmissionQueue {
  readonly #options: AdmissionQueueOptions;
  readonly #functions = new Map<string, FunctionState>();
  readonly #revisions = new Map<string, RevisionState>();
  readonly #slots = new Map<string, Slot>();
  readonly #waiterHomes = new Map<Waiter, RevisionState>();
  readonly #unsaid = new Set<RevisionState>();
  readonly #activity = new ActivityLog();

  constructor(options: AdmissionQueueOptions) {
    this.#options = options;
  }

  /** Gives an idle execution environment, lets the waiter wait, or refuses. */
  admit(
    key: RevisionKey,
    waiter: Waiter,
    nowMs: number,
  ): AdmissionOutcome | { readonly kind: 'queued' } {
    const revision = this.#revisionOf(key);
    const slot = revision.idle.pop();
    if (slot !== undefined) return this.#occupy(slot, nowMs);
    const refusal = this.#refusalOf(revision, nowMs);
    if (refusal !== undefined && revision.waiters.size >= revision.coming) {
      return { kind: 'throttled', reason: refusal };
    }
    if (revision.function.waiting >= this.#options.maxQueueLength) {
      this.#forgetIfUnused(revision);
      return { kind: 'queue-full' };
    }
    this.#enqueue(revision, waiter);
    this.#noteDemand(revision);
    // The first one that waits cannot wait for the others to be counted: it is a cold start.
    if (revision.saidDemand === 0) this.#sayDemand(revision);
    return { kind: 'queued' };
  }

  /**
   * The waiter gives up (deadline passed, client gone). Undefined when it does not wait any more; else why
   * nothing could be made for it, where that is known.
   */
  leave(waiter: Waiter): { readonly trouble: string | undefined } | undefined {
    const revision = this.#waiterHomes.get(waiter);
    if (revision === undefined) return undefined;
    const { trouble } = revision;
    this.#dequeue(revision, waiter);
    this.#noteDemand(revision);
    return { trouble };
  }

  /** The invocation on it has ended: next waiter, idle list, or back to the operator when revoked. */
  complete(executionEnvironmentId: string, nowMs: number): void {
    const slot = this.#slots.get(executionEnvironmentId);
    // Gone or dead while it ran: it has left already.
    if (slot?.isBusy !== true) return;
    slot.isBusy = false;
    const { revision } = slot;
    const tookMs = Math.max(0, nowMs - slot.busySinceMs);
    revision.typicalMs = updateTypicalMs(revision.typicalMs, tookMs);
    if (slot.isRevoked) this.#release(slot);
    else this.#offer(slot, nowMs);
  }

  /** It refused a connection or broke. */
  markDead(
    executionEnvironmentId: string,
    { message, isLost }: { readonly message: string; readonly isLost: boolean },
  ): void {
    const slot = this.#slots.get(executionEnvironmentId);
    if (slot === undefined) return;
    this.#remove(slot);
    this.#options.send({ kind: 'dead', executionEnvironmentId, message, isLost });
  }

  /** It runs an invocation that is not ours. Whoever had it before us left one behind: the operator looks after it. */
  markOccupied(executionEnvironmentId: string): void {
    const slot = this.#slots.get(executionEnvironmentId);
    if (slot === undefined) return;
    this.#remove(slot);
    this.#options.send({ kind: 'occupied', executionEnvironmentId });
  }

  /** An invocation of this revision would not have to wait. */
  hasIdle(key: RevisionKey): boolean {
    return (this.#revisions.get(revisionIdOf(key))?.idle.length ?? 0) > 0;
  }

  /** It is ours and runs nothing. */
  isIdle(executionEnvironmentId: string): boolean {
    return this.#slots.get(executionEnvironmentId)?.isBusy === false;
  }

  /** Idle ones that may have been lost together with this one. */
  suspectsOf(lost: GrantedExecutionEnvironment): readonly GrantedExecutionEnvironment[] {
    const all = [...this.#slots.values()];
    const idle = all.filter((slot) => !slot.isBusy).map((slot) => slot.executionEnvironment);
    return findSuspects(lost, idle);
  }

  /** Those that wait for a function whose home is elsewhere by now (`isOurs` says no) are told so. */
  moveAway(isOurs: (functionId: string) => boolean): void {
    for (const [functionId, state] of [...this.#functions]) {
      if (state.waiting === 0 || isOurs(functionId)) continue;
      for (const revision of [...state.revisions]) this.#settleAll(revision, { kind: 'moved' });
    }
  }

  /**
   * All that the operator must know of us when a link begins. What was said before is covered by it, and what
   * the operator before has said (to be given back, coming, refused) is said again by this one, or holds no more.
   */
  hello(nowMs: number): Pick<GatewayHello, 'holding' | 'demands'> {
    this.#unsaid.clear();
    this.#activity.clear();
    for (const revision of [...this.#revisions.values()]) {
      Object.assign(revision, { coming: 0, refusal: undefined });
      revision.saidDemand = revision.waiters.size;
      this.#forgetIfUnused(revision);
    }
    const holding: GatewayHello['holding'][number][] = [];
    for (const slot of this.#slots.values()) {
      slot.isRevoked = false;
      const { isBusy, idleSinceMs } = slot;
      const idleMs = isBusy ? 0 : Math.max(0, nowMs - idleSinceMs);
      const { executionEnvironmentId } = slot.executionEnvironment;
      holding.push({ executionEnvironmentId, isBusy, idleMs });
    }
    const waitedFor = [...this.#revisions.values()].filter(({ saidDemand }) => saidDemand > 0);
    const demands = waitedFor.map(({ key, saidDemand }) => ({ key, queued: saidDemand }));
    return { holding, demands };
  }

  /** Those that wait for `from` wait for `to` instead, behind those that wait there already. */
  supersede(from: RevisionKey, to: RevisionKey, nowMs: number): void {
    const old = this.#revisions.get(revisionIdOf(from));
    if (old === undefined || old.id === revisionIdOf(to)) return;
    old.refusal = undefined;
    const waiters = [...old.waiters];
    if (waiters.length === 0) {
      this.#forgetIfUnused(old);
      return;
    }
    const revision = this.#revisionOf(to);
    for (const waiter of waiters) {
      this.#dequeue(old, waiter);
      const slot = revision.idle.pop();
      if (slot === undefined) this.#enqueue(revision, waiter);
      else waiter.settle(this.#occupy(slot, nowMs));
    }
    this.#sayDemand(old);
    this.#sayDemand(revision);
  }

  /** The function is no more: nobody waits for this revision any longer. */
  abandon(key: RevisionKey): void {
    const revision = this.#revisions.get(revisionIdOf(key));
    if (revision === undefined) return;
    revision.refusal = undefined;
    this.#settleAll(revision, { kind: 'removed' });
  }

  /** What the operator says. */
  receive(message: OperatorMessage, nowMs: number): void {
    if (isForOthers(message)) return;
    switch (message.kind) {
      case 'grant':
        this.#grant(message.executionEnvironment, nowMs);
        return;
      case 'outlook':
        this.#hearOutlook(message, nowMs);
        return;
      case 'lift':
        this.#lift(this.#functions.get(functionIdOf(message)));
        return;
      case 'unavailable':
        this.#hearTrouble(message);
        return;
      case 'revoke':
        this.#revoke(message.executionEnvironmentId);
        return;
      case 'gone': {
        const slot = this.#slots.get(message.executionEnvironmentId);
        if (slot !== undefined) this.#remove(slot);
        return;
      }
    }
  }

  /** Tells the operator every demand that has changed since it was last said. */
  flushDemand(): void {
    for (const revision of this.#unsaid) this.#sayDemand(revision);
  }

  /** Who went idle and who is busy since the last call; undefined when nothing has changed. */
  drainActivity(): GatewayMessage | undefined {
    return this.#activity.drain();
  }

  /** Waiting invocations of all functions. */
  get waiting(): number {
    return this.#waiterHomes.size;
  }

  /** Revisions that are remembered: those with an execution environment, a waiter or a refusal. */
  get rememberedRevisions(): number {
    return this.#revisions.size;
  }

  #grant(executionEnvironment: GrantedExecutionEnvironment, nowMs: number): void {
    const known = this.#slots.get(executionEnvironment.executionEnvironmentId);
    if (known !== undefined) {
      this.#keep(known);
      return;
    }
    const revision = this.#revisionOf(executionEnvironment);
    const slot = {
      executionEnvironment,
      revision,
      isBusy: false,
      busySinceMs: nowMs,
      idleSinceMs: nowMs,
      isRevoked: false,
    };
    this.#slots.set(executionEnvironment.executionEnvironmentId, slot);
    revision.slots += 1;
    revision.coming = Math.max(0, revision.coming - 1);
    revision.trouble = undefined;
    this.#offer(slot, nowMs, executionEnvironment.start);
    this.#answerGrant(revision);
  }

  /**
   * Another gateway had it, too, for a while, and the operator wanted ours back. Now it is ours again, and the operator
   * believes that one who waited has got it.
   */
  #keep(slot: Slot): void {
    const { revision } = slot;
    slot.isRevoked = false;
    revision.coming = Math.max(0, revision.coming - 1);
    this.#answerGrant(revision);
  }

  /**
   * The operator counts one less by itself with each grant. So the demand is said although it may be the number that was
   * said last: one was served, and another had come. At once: none is to be made for an invocation that has been served.
   */
  #answerGrant(revision: RevisionState): void {
    this.#unsaid.delete(revision);
    if (revision.waiters.size > 0 || revision.saidDemand > 0) this.#tellDemand(revision);
    this.#forgetIfUnused(revision);
  }

  #hearOutlook(message: OperatorMessage & { kind: 'outlook' }, nowMs: number): void {
    const revision = this.#revisions.get(revisionIdOf(message.key));
    if (revision === undefined) return;
    revision.coming = message.coming;
    const reason = message.refusal;
    // No refusal now does not lift an earlier one: it may answer the smaller demand that a refusal left.
    if (reason === undefined) return;
    revision.refusal = { reason, untilMs: nowMs + REFUSAL_MEMORY_MS };
    const newest = [...revision.waiters].slice(message.coming);
    for (const waiter of newest) {
      this.#dequeue(revision, waiter);
      waiter.settle({ kind: 'throttled', reason });
    }
    if (newest.length > 0) this.#sayDemand(revision);
  }

  /** Those that wait go on waiting as long as there is something to wait for. */
  #hearTrouble({ key, message, isTemporary }: OperatorMessage & { kind: 'unavailable' }): void {
    const revision = this.#revisions.get(revisionIdOf(key));
    if (revision === undefined) return;
    revision.coming = 0;
    revision.trouble = message;
    if (isTemporary || revision.slots > 0) return;
    this.#settleAll(revision, { kind: 'unavailable', message });
  }

  #lift(state: FunctionState | undefined): void {
    for (const revision of state?.revisions ?? []) {
      revision.refusal = undefined;
      this.#forgetIfUnused(revision);
    }
  }

  #revoke(executionEnvironmentId: string): void {
    const slot = this.#slots.get(executionEnvironmentId);
    if (slot === undefined) {
      // Left us already (dead, gone): the operator waits for the answer all the same.
      this.#options.send({ kind: 'released', executionEnvironmentId });
    } else if (slot.isBusy) {
      slot.isRevoked = true;
    } else {
      this.#release(slot);
    }
  }

  #release(slot: Slot): void {
    this.#remove(slot);
    const { executionEnvironmentId } = slot.executionEnvironment;
    this.#options.send({ kind: 'released', executionEnvironmentId });
  }

  /** To the head of the queue, else to the idle list. */
  #offer(slot: Slot, nowMs: number, start?: StartDurations): void {
    const { revision } = slot;
    const [waiter] = revision.waiters;
    if (waiter !== undefined) {
      this.#dequeue(revision, waiter);
      this.#noteDemand(revision);
      const admitted = this.#occupy(slot, nowMs);
      waiter.settle(start === undefined ? admitted : { ...admitted, start });
      return;
    }
    slot.idleSinceMs = nowMs;
    revision.idle.push(slot);
    this.#activity.noteIdle(slot.executionEnvironment.executionEnvironmentId);
  }

  #occupy(slot: Slot, nowMs: number): AdmissionOutcome & { kind: 'admitted' } {
    slot.isBusy = true;
    slot.busySinceMs = nowMs;
    this.#activity.noteBusy(slot.executionEnvironment.executionEnvironmentId);
    return { kind: 'admitted', executionEnvironment: slot.executionEnvironment };
  }

  #remove(slot: Slot): void {
    const { revision } = slot;
    const id = slot.executionEnvironment.executionEnvironmentId;
    if (!slot.isBusy) revision.idle.remove(slot);
    this.#slots.delete(id);
    this.#activity.forget(id);
    revision.slots -= 1;
    // One less: what was refused may fit now.
    for (const sibling of revision.function.revisions) sibling.refusal = undefined;
    this.#forgetIfUnused(revision);
    this.#options.onRemoved?.(id);
  }

  #settleAll(revision: RevisionState, outcome: AdmissionOutcome): void {
    const waiters = [...revision.waiters];
    for (const waiter of waiters) this.#dequeue(revision, waiter);
    this.#sayDemand(revision);
    for (const waiter of waiters) waiter.settle(outcome);
  }

  #enqueue(revision: RevisionState, waiter: Waiter): void {
    revision.waiters.add(waiter);
    revision.function.waiting += 1;
    this.#waiterHomes.set(waiter, revision);
  }

  #dequeue(revision: RevisionState, waiter: Waiter): void {
    revision.waiters.delete(waiter);
    revision.function.waiting -= 1;
    this.#waiterHomes.delete(waiter);
  }

  #noteDemand(revision: RevisionState): void {
    this.#unsaid.add(revision);
    this.#options.onDemandChanged?.();
  }

  #sayDemand(revision: RevisionState): void {
    this.#unsaid.delete(revision);
    if (revision.waiters.size !== revision.saidDemand) this.#tellDemand(revision);
    this.#forgetIfUnused(revision);
  }

  #tellDemand(revision: RevisionState): void {
    const { key, typicalMs, waiters } = revision;
    revision.saidDemand = waiters.size;
    const known = typicalMs === undefined ? {} : { typicalMs: Math.round(typicalMs) };
    this.#options.send({ kind: 'demand', key, queued: waiters.size, ...known });
  }

  #refusalOf(revision: RevisionState, nowMs: number): ThrottleReason | undefined {
    if (revision.refusal !== undefined && nowMs >= revision.refusal.untilMs) {
      revision.refusal = undefined;
    }
    return revision.refusal?.reason;
  }

  #revisionOf(key: RevisionKey): RevisionState {
    const id = revisionIdOf(key);
    const known = this.#revisions.get(id);
    if (known !== undefined) return known;
    const functionId = functionIdOf(key);
    const state = this.#functions.get(functionId) ?? { revisions: new Set(), waiting: 0 };
    this.#functions.set(functionId, state);
    const { namespace, functionName, revision } = key;
    const made: RevisionState = {
      id,
      key: { namespace, functionName, revision },
      function: state,
      idle: new IdleList(),
      waiters: new Set(),
      slots: 0,
      coming: 0,
      saidDemand: 0,
      refusal: undefined,
      trouble: undefined,
      typicalMs: undefined,
    };
    this.#revisions.set(id, made);
    state.revisions.add(made);
    return made;
  }

  /** Keeps the memory of a function that nobody calls at nothing. */
  #forgetIfUnused(revision: RevisionState): void {
    const isUsed =
      revision.slots > 0 ||
      revision.waiters.size > 0 ||
      revision.saidDemand > 0 ||
      revision.refusal !== undefined;
    if (isUsed || this.#revisions.get(revision.id) !== revision) return;
    this.#revisions.delete(revision.id);
    this.#unsaid.delete(revision);
    revision.function.revisions.delete(revision);
    if (revision.function.revisions.size === 0) {
      this.#functions.delete(functionIdOf(revision.key));
    }
  }
}

type ForOthers = Extract<
  OperatorMessage,
  { readonly kind: 'members' | 'confirm' | 'spread' | 'observe' }
>;

const FOR_OTHERS: ReadonlySet<string> = new Set<ForOthers['kind']>([
  'members',
  'confirm',
  'spread',
  'observe',
]);

/** Where invocations go is not decided here (see `moveAway`), nor what is counted. */
function isForOthers(message: OperatorMessage): message is ForOthers {
  return FOR_OTHERS.has(message.kind);
}
