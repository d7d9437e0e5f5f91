import {
  judgeRuntimeImage,
  type Announcement,
  type Assigned,
  type AssignRequest,
  type Clock,
  type CreateRequest,
  type ExecutionEnvironmentDriver,
  type ExecutionEnvironmentProbe,
  type FoundExecutionEnvironment,
  type PoolObserver,
  type RuntimeSupport,
} from '@mayfly/core';
import { AGENT_PORT, FUNCTION_PODS_SELECTOR, LABELS, type PodSettings } from '@mayfly/manifests';
import type { Logger } from '@mayfly/telemetry';
import { makeAgentToken, type PodRef } from './agent-token.ts';
import { judgeOrigin } from './announcement-origin.ts';
import { AwaitingRoom } from './awaiting-room.ts';
import type { AnnouncementFate, PodAnnouncement } from './announcements.ts';
import { postAssignment, readStatus, toProbe } from './call-agent.ts';
import { CpuBoost } from './cpu-boost.ts';
import { statusOf, toDriverError } from './driver-error.ts';
import { awaitListener, probeEmulator } from './emulated-pods.ts';
import { judgePod } from './judge-pod.ts';
import { locateSources, type CodeSources } from './locate-sources.ts';
import { LostNodes } from './lost-nodes.ts';
import { makeAssignment } from './make-assignment.ts';
import { makeFunctionPod } from './make-function-pod.ts';
import { deletePod } from './pod-deletion.ts';
import type { CodeLocator, PodClient, PodObject, PodWatch, ReferenceReader } from './pod-ports.ts';
import { PoolHits } from './pool-hits.ts';
import { readFunctionMarks, refOf } from './read-pod.ts';
import { resolveAssignedVariables } from './resolve-environment-variables.ts';
import { markTaken } from './spare-marking.ts';
import { SparePods, type PoolConfig } from './spare-pods.ts';
import { SpareResize } from './spare-resize.ts';
import { StrayPods } from './stray-pods.ts';
import { countStarting, toAddress, toPodKey, TrackedPod } from './tracked-pod.ts';
import type { Ending, InitNews } from './tracked-pod.ts';
import { TrackedPods } from './tracked-pods.ts';
import { withDeadline } from './with-deadline.ts';

/** What the driver works with. */
export interface PodDriverDeps {
  readonly client: PodClient;
  /** Follows `FUNCTION_PODS_SELECTOR` in all namespaces. */
  readonly watch: PodWatch;
  readonly references: ReferenceReader;
  readonly code: CodeLocator;
  readonly settings: PodSettings;
  readonly clusterKey: Uint8Array;
  readonly pools: readonly PoolConfig[];
  /** Spare pods made in a second, over all pools. Default: 2. */
  readonly poolRefillPerSecond?: number;
  readonly poolObserver?: PoolObserver;
  /** How long a spare pod that is to get more memory is waited for. Default: 0.5 s. */
  readonly growWithinMs?: number;
  /** Where agents listen. Default: `AGENT_PORT`. */
  readonly agentPort?: number;
  /** How long a pod may wait for a node with room. Default: 10 s. */
  readonly unschedulableMs?: number;
  readonly makeId: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
}

const CALL_DEADLINE_MS = 15_000;
const BOOST_ENDS_AFTER_MS = 100;
const MARKED_WITHIN_MS = 1_000;
const AGENT_ENDED = 'AgentEnded';
const UNKNOWN_POD = { kind: 'unusable', message: 'there is no such pod' } as const;

/** Execution environments as pods: an agent beside the runtime's image as it is. */
export class PodExecutionEnvironmentDriver implements ExecutionEnvironmentDriver {
  readonly #deps: PodDriverDeps;
  readonly #spares: SparePods;
  readonly #hits: PoolHits;
  readonly #room: AwaitingRoom;
  readonly #strays: StrayPods;
  readonly #lostNodes: LostNodes;
  readonly #boost: CpuBoost;
  readonly #listeners = new Set<(announcement: Announcement) => void>();
  readonly #pods = new TrackedPods();
  /** Those that a spare pod is looked for. */
  readonly #taking = new Map<string, Promise<unknown>>();
  readonly #stopWatching: () => void;
  #isOpen = false;
  #isClosed = false;

  constructor(deps: PodDriverDeps) {
    this.#deps = deps;
    this.#lostNodes = new LostNodes(deps.clock);
    const avoidedNodes = this.#lostNodes.avoided.bind(this.#lostNodes);
    this.#spares = new SparePods({ ...deps, avoidedNodes }, () => ({
      startingOnDemand: countStarting(this.#pods.all(), deps.clock.now()),
      lastFullMs: this.#room.lastFullMs,
    }));
    this.#hits = new PoolHits({ ...deps, spares: this.#spares, resize: new SpareResize(deps) });
    this.#room = new AwaitingRoom({
      ...deps,
      spares: this.#spares,
      onNoRoom: ({ executionEnvironmentId }) => {
        this.#announce({ kind: 'no-room', executionEnvironmentId });
      },
      onGivenUp: (tracked, message) => {
        this.#giveUp(tracked, { reason: 'OutOfCapacity', message });
      },
    });
    this.#strays = new StrayPods({
      ...deps,
      isKnown: (ref, id) => this.#isKnown(ref) || this.#pods.has(id),
    });
    this.#boost = new CpuBoost(deps);
    this.#stopWatching = deps.watch.onChange((ref, pod) => {
      this.#spares.onPod(ref, pod);
      const tracked = this.#pods.of(ref);
      if (tracked !== undefined) this.#onPod(tracked, pod);
      else if (pod !== undefined && !this.#isKnown(ref)) this.#strays.note(ref);
    });
  }

  supports(runtime: string): Promise<RuntimeSupport> {
    const { runtimeImages } = this.#deps.settings;
    return Promise.resolve(judgeRuntimeImage(runtime, Object.keys(runtimeImages)));
  }

  async create(request: CreateRequest, signal?: AbortSignal): Promise<void> {
    const { executionEnvironmentId } = request;
    if (this.#pods.has(executionEnvironmentId) || this.#taking.has(executionEnvironmentId)) {
      throw new Error(`creating ${executionEnvironmentId}: it exists`);
    }
    const taking = this.#takeSpare(request).finally(() => {
      this.#taking.delete(executionEnvironmentId);
    });
    this.#taking.set(executionEnvironmentId, taking);
    if (!(await taking)) await this.#createPod(request, signal);
  }

  async assign(request: AssignRequest, signal?: AbortSignal): Promise<Assigned> {
    const { executionEnvironmentId } = request;
    const tracked = this.#pods.get(executionEnvironmentId);
    const reach = tracked?.reach;
    if (tracked === undefined || reach === undefined) {
      throw new Error(`assigning ${executionEnvironmentId}: it is not waiting`);
    }
    if (tracked.isAssigned) throw new Error(`assigning ${executionEnvironmentId}: it is assigned`);
    tracked.isAssigned = true;
    tracked.memorySizeMb = request.memorySizeMb;
    if (tracked.isEmulated) {
      this.#deps.clock.after(0, () => {
        this.#onReady(tracked, { initDurationMs: 0, initOutcome: 'success' });
      });
      return { holdsInvocations: false };
    }
    const [environmentVariables, sources] = await Promise.all([
      resolveAssignedVariables(request, this.#deps.references, signal),
      locateSources(request, this.#deps.code, signal),
    ]).catch((cause: unknown) => {
      throw toDriverError(`assigning ${request.functionName}`, cause);
    });
    const parts = { agentId: tracked.agentId, environmentVariables, sources };
    const assignment = makeAssignment(request, { ...parts, nowMs: this.#deps.clock.now() });
    try {
      await postAssignment(reach, assignment, signal);
    } catch (cause) {
      throw new Error(`assigning ${request.functionName} to ${executionEnvironmentId}`, { cause });
    }
    return this.#onAssigned(tracked, sources);
  }

  async find(signal?: AbortSignal): Promise<readonly FoundExecutionEnvironment[]> {
    const learning = this.#hits.learn();
    const pods = await this.#deps.client.list(
      FUNCTION_PODS_SELECTOR,
      withDeadline(CALL_DEADLINE_MS, signal),
    );
    await learning;
    const found: FoundExecutionEnvironment[] = [];
    const adoptions: Promise<void>[] = [];
    for (const pod of pods) {
      const ref = refOf(pod);
      if (pod.metadata?.labels?.[LABELS.pool] !== undefined) {
        adoptions.push(this.#adopt(ref, pod));
      } else if (judgePod(pod).kind !== 'ended') {
        const one = this.#takeOver(ref, pod);
        if (one !== undefined) found.push(one);
      } else {
        // Nothing runs in it any more; the object is still there.
        void this.#deleteRemains(ref);
      }
    }
    await Promise.all(adoptions);
    this.#isOpen = true;
    this.#spares.start();
    this.#strays.start();
    return found;
  }

  async probe(
    executionEnvironmentId: string,
    signal?: AbortSignal,
  ): Promise<ExecutionEnvironmentProbe> {
    const tracked = this.#pods.get(executionEnvironmentId);
    const reach = tracked?.reach;
    if (tracked === undefined) return UNKNOWN_POD;
    if (reach === undefined) return { kind: 'unusable', message: 'its pod has no address yet' };
    if (tracked.isEmulated) return probeEmulator(reach);
    try {
      const status = await readStatus(reach, signal);
      return toProbe(status, reach, tracked.key.functionName);
    } catch (error) {
      return { kind: 'unusable', message: `its agent does not answer: ${String(error)}` };
    }
  }

  async destroy(executionEnvironmentId: string): Promise<void> {
    await this.#taking.get(executionEnvironmentId);
    const tracked = this.#pods.get(executionEnvironmentId);
    if (tracked === undefined) return;
    // One that could not be created needs no end.
    await tracked.creating.catch(() => undefined);
    if (this.#pods.has(executionEnvironmentId)) await this.#end(tracked);
  }

  noteLost(executionEnvironmentId: string): void {
    const tracked = this.#pods.get(executionEnvironmentId);
    const nodeName = tracked && this.#nodeOf(tracked);
    if (nodeName === undefined) return;
    this.#lostNodes.note(nodeName);
    this.#spares.leave(nodeName);
    // What starts there would be waited for in vain.
    for (const one of this.#pods.all()) this.#leaveLostNode(one);
  }

  onAnnouncement(listener: (announcement: Announcement) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Takes what an agent says: the endpoint's `take`. */
  take(said: PodAnnouncement): AnnouncementFate {
    const { ref } = said;
    // Before `find` nobody knows which agents are wanted.
    if (!this.#isOpen) return 'later';
    if (!this.#isKnown(ref)) return 'unwanted';
    const tracked = this.#pods.of(ref);
    const origin = judgeOrigin(said, this.#deps.watch.get(ref.namespace, ref.name));
    if (origin !== 'own') return origin;
    return tracked === undefined ? this.#takeOfSpare(said) : this.#takeOf(tracked, said);
  }

  /** Stops listening and making spare pods. Pods stay: they serve, and the next operator finds them. */
  close(): void {
    this.#isOpen = false;
    this.#isClosed = true;
    this.#stopWatching();
    this.#spares.close();
    this.#strays.close();
  }

  #isKnown(ref: PodRef): boolean {
    return this.#pods.of(ref) !== undefined || this.#spares.has(ref);
  }

  async #adopt(ref: PodRef, pod: PodObject): Promise<void> {
    if ((await this.#spares.adopt(ref, pod)) === 'unknown') this.#strays.note(ref);
  }

  #takeOf(tracked: TrackedPod, { host, announcement }: PodAnnouncement): AnnouncementFate {
    switch (announcement.kind) {
      case 'waiting':
        return this.#onWaiting(tracked, toAddress(host, announcement.port));
      case 'ready':
        this.#onReady(tracked, announcement);
        return 'taken';
      case 'failed':
        this.#giveUp(tracked, { message: announcement.message });
        return 'taken';
    }
  }

  #takeOfSpare({ ref, host, announcement }: PodAnnouncement): AnnouncementFate {
    if (announcement.kind !== 'waiting') return 'unwanted';
    const isSpare = this.#spares.onWaiting(ref, toAddress(host, announcement.port));
    return isSpare ? 'taken' : 'unwanted';
  }

  async #takeSpare(request: CreateRequest): Promise<boolean> {
    const hit = await this.#hits.find(request);
    if (hit === undefined) return false;
    const { key, executionEnvironmentId } = request;
    const { agentId, ref, address } = hit.spare;
    const identity = { executionEnvironmentId, agentId, isEmulated: false, key };
    const tracked = this.#track(ref, identity);
    tracked.address = address;
    tracked.resized = hit.resized;
    const isOver = (): boolean => tracked.isLeaving || this.#isClosed;
    // Not before it serves, so that its start has the machine for itself. Who follows this operator earlier
    // finds a pod that is nobody's, in which nothing has run.
    tracked.onMark = () => void markTaken(this.#deps, { ref, request, isOver });
    tracked.wasSpare = true;
    // Later, so that whoever creates it has the answer first.
    this.#deps.clock.after(0, () => {
      this.#announceWaiting(tracked);
    });
    return true;
  }

  async #createPod(request: CreateRequest, signal: AbortSignal | undefined): Promise<void> {
    const { executionEnvironmentId, key, assignment } = request;
    const avoidedNodes = this.#lostNodes.avoided();
    const { ref, pod } = makeFunctionPod(request, { ...this.#deps, avoidedNodes });
    const tracked = this.#track(ref, {
      executionEnvironmentId,
      agentId: executionEnvironmentId,
      isEmulated: assignment !== undefined,
      key,
    });
    tracked.creating = this.#deps.client.create(pod, withDeadline(CALL_DEADLINE_MS, signal));
    try {
      await tracked.creating;
    } catch (cause) {
      this.#pods.remove(tracked);
      tracked.end();
      // Without an answer there may be a pod; a conflict is somebody else's.
      if (statusOf(cause) === undefined) void this.#deleteRemains(ref);
      throw toDriverError(`creating the pod ${toPodKey(ref)}`, cause);
    }
  }

  #takeOver(ref: PodRef, pod: PodObject): FoundExecutionEnvironment | undefined {
    const marks = readFunctionMarks(pod);
    if (marks === undefined) {
      this.#deps.logger.warn({ ...ref }, 'a pod without its marks is left alone');
      return undefined;
    }
    const { executionEnvironmentId, key, isProvisioned, createdMs } = marks;
    const tracked = this.#track(ref, marks);
    tracked.wasFound = true;
    this.#noteAddress(tracked, pod);
    return { executionEnvironmentId, key, isProvisioned, createdMs };
  }

  #track(
    ref: PodRef,
    identity: Pick<TrackedPod, 'executionEnvironmentId' | 'agentId' | 'isEmulated' | 'key'>,
  ): TrackedPod {
    const token = makeAgentToken(this.#deps.clusterKey, ref);
    const sinceMs = this.#deps.clock.now();
    const tracked = new TrackedPod({ ...identity, ref, token, sinceMs });
    this.#pods.add(tracked);
    return tracked;
  }

  #onWaiting(tracked: TrackedPod, address: string): AnnouncementFate {
    if (tracked.ending !== undefined) return 'unwanted';
    if (tracked.isAssigned) {
      // It was started again and knows nothing of its function.
      this.#giveUp(tracked, { message: 'The agent has ended.', reason: AGENT_ENDED });
      return 'unwanted';
    }
    // The answer to the first one was lost.
    if (tracked.address === address) return 'taken';
    tracked.address = address;
    this.#announceWaiting(tracked);
    return 'taken';
  }

  #announceWaiting({ executionEnvironmentId, reach, isEnded }: TrackedPod): void {
    if (reach === undefined || isEnded) return;
    this.#announce({ kind: 'waiting', executionEnvironmentId, ...reach });
  }

  #onAssigned(tracked: TrackedPod, { code, layers }: CodeSources): Assigned {
    const isQuick = [code, ...layers].every((source) => source?.kind === 'attached');
    const holdsInvocations = tracked.wasSpare && isQuick;
    // One that is long in its init phase is marked meanwhile: what runs is not to be taken for a spare.
    if (holdsInvocations) this.#deps.clock.after(MARKED_WITHIN_MS, tracked.mark.bind(tracked));
    return { holdsInvocations };
  }

  #onReady(tracked: TrackedPod, init: InitNews): void {
    const { executionEnvironmentId } = tracked;
    tracked.isReady = true;
    this.#announce({ ...init, kind: 'ready', executionEnvironmentId });
    // The invocation that waits for it has the machine first: every write is work for all who follow pods.
    this.#deps.clock.after(BOOST_ENDS_AFTER_MS, () => {
      tracked.mark();
      void this.#endBoost(tracked);
    });
  }

  async #endBoost(tracked: TrackedPod): Promise<void> {
    // Else what was asked for first might be done last.
    await tracked.resized;
    if (tracked.memorySizeMb > 0 && !tracked.isLeaving) await this.#boost.end(tracked);
  }

  #onPod(tracked: TrackedPod, pod: PodObject | undefined): void {
    if (pod === undefined) {
      this.#gone(tracked, { message: 'The pod was deleted.' });
      return;
    }
    const verdict = judgePod(pod);
    switch (verdict.kind) {
      case 'ended':
        this.#gone(tracked, verdict);
        void this.#deleteRemains(tracked.ref);
        return;
      case 'hopeless':
        this.#giveUp(tracked, verdict);
        return;
      case 'unschedulable':
        this.#room.note(tracked, pod);
        return;
      case 'fine':
        this.#room.forget(tracked);
        this.#noteAddress(tracked, pod);
        this.#leaveLostNode(tracked);
    }
  }

  /** One that was made before its node was lost, and may have been sent there after that. */
  #leaveLostNode(tracked: TrackedPod): void {
    const nodeName = tracked.isStarting ? this.#nodeOf(tracked) : undefined;
    if (nodeName === undefined || !this.#lostNodes.wasLostAfter(nodeName, tracked.sinceMs)) return;
    const message = `The node ${nodeName} does not answer.`;
    this.#giveUp(tracked, { reason: 'NodeLost', message, isTemporary: true });
  }

  #noteAddress(tracked: TrackedPod, pod: PodObject | undefined): void {
    const host = pod?.status?.podIP;
    if (host === undefined) return;
    // One that was found before it had an address: nobody announces what has been announced.
    const address = toAddress(host, this.#deps.agentPort ?? AGENT_PORT);
    if (tracked.wasFound) tracked.address ??= address;
    else if (tracked.isEmulated && !tracked.isAsked) this.#askEmulator(tracked, address);
  }

  #askEmulator(tracked: TrackedPod, address: string): void {
    tracked.isAsked = true;
    const isOver = (): boolean => tracked.isLeaving || this.#isClosed;
    void awaitListener(address, { clock: this.#deps.clock, isOver }, () => {
      tracked.address = address;
      this.#announceWaiting(tracked);
    });
  }

  /** It will never be of use: the news goes out at once, the pod after it. */
  #giveUp(tracked: TrackedPod, cause: Ending): void {
    if (tracked.ending !== undefined) return;
    if (tracked.isAssigned && cause.reason === AGENT_ENDED) {
      // Its runtime may still run: it counts until the pod has ended.
      tracked.cause = cause;
      void this.#end(tracked);
      return;
    }
    this.#gone(tracked, cause);
    void this.#deleteRemains(tracked.ref);
  }

  #end(tracked: TrackedPod): Promise<void> {
    tracked.ending ??= this.#deleteTracked(tracked);
    return tracked.ending;
  }

  async #deleteTracked(tracked: TrackedPod): Promise<void> {
    const { ended, ref } = tracked;
    await deletePod(this.#deps, ref, { ended, isEnded: () => tracked.isEnded || this.#isClosed });
    if (this.#isClosed) return;
    this.#gone(tracked, { message: 'The pod was deleted.' });
  }

  #gone(tracked: TrackedPod, ending: Ending): void {
    if (!tracked.end()) return;
    this.#room.forget(tracked);
    this.#pods.remove(tracked);
    const { executionEnvironmentId } = tracked;
    this.#announce({ ...(tracked.cause ?? ending), kind: 'gone', executionEnvironmentId });
  }

  /** What is left of one that counts no more. */
  #deleteRemains(ref: PodRef): Promise<void> {
    const ended = new Promise<void>(() => undefined);
    return deletePod(this.#deps, ref, { ended, isEnded: () => this.#isClosed });
  }

  #nodeOf({ ref }: TrackedPod): string | undefined {
    return this.#deps.watch.get(ref.namespace, ref.name)?.spec?.nodeName;
  }

  #announce(announcement: Announcement): void {
    for (const listener of this.#listeners) listener(announcement);
  }
}
