import type { Clock, Timer } from '@mayfly/core';
import { AGENT_CONTAINER, AGENT_PORT, LABELS, SHUTDOWN_GRACE_SECONDS } from '@mayfly/manifests';
import type { Logger } from '@mayfly/telemetry';
import { makeAgentToken, type PodRef } from './agent-token.ts';
import { readStatus } from './call-agent.ts';
import { judgePod } from './judge-pod.ts';
import { isSealed } from './pod-seal.ts';
import type { PodClient, PodObject, PodWatch } from './pod-ports.ts';
import { toAddress, toPodKey } from './tracked-pod.ts';

/** What looking for strays needs. */
export interface StrayPodsDeps {
  readonly client: Pick<PodClient, 'delete'>;
  readonly watch: Pick<PodWatch, 'get'>;
  readonly clusterKey: Uint8Array;
  /** Default: `AGENT_PORT`. */
  readonly agentPort?: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether somebody counts on the pod, or on another one by this id of an execution environment. */
  isKnown(ref: PodRef, executionEnvironmentId: string): boolean;
}

interface Stray {
  readonly ref: PodRef;
  readonly sinceMs: number;
  /** Since when its agent has not answered. */
  silentSinceMs?: number | undefined;
}

/** Whoever makes a pod knows of it by then. */
const PATIENCE_MS = 2 * 60_000;
const LOOK_PERIOD_MS = 30_000;
/** The longest invocation is over by then. */
const SILENCE_MS = 15 * 60_000;
const CALL_DEADLINE_MS = 15_000;
/** States of an agent in which code runs, or will in a moment. */
const BUSY_STATES: ReadonlySet<string> = new Set(['initialising', 'busy', 'resetting']);

/**
 * Pods of ours that nobody knows: made by a request that had no answer, or left by an operator that died while it
 * assigned a spare one. They are deleted, unless they may run an invocation.
 */
export class StrayPods {
  readonly #deps: StrayPodsDeps;
  readonly #strays = new Map<string, Stray>();
  #ticker: Timer | undefined;
  #isLooking = false;

  constructor(deps: StrayPodsDeps) {
    this.#deps = deps;
  }

  /** Looks from now on. */
  start(): void {
    this.#ticker ??= this.#deps.clock.every(LOOK_PERIOD_MS, () => void this.#look());
  }

  close(): void {
    this.#ticker?.cancel();
    this.#strays.clear();
  }

  /** Nobody knows this pod: so far. */
  note(ref: PodRef): void {
    const podKey = toPodKey(ref);
    // By our own clock: that of the API server may be another.
    const stray = { ref, sinceMs: this.#deps.clock.now() };
    if (!this.#strays.has(podKey)) this.#strays.set(podKey, stray);
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const beforeMs = this.#deps.clock.now() - PATIENCE_MS;
    try {
      for (const stray of [...this.#strays.values()]) {
        if (stray.sinceMs <= beforeMs) await this.#judge(stray);
      }
    } finally {
      this.#isLooking = false;
    }
  }

  async #judge(stray: Stray): Promise<void> {
    const before = this.#find(stray);
    if (before !== undefined && (await this.#mayRun(stray, before))) return;
    // Much may have happened while its agent was asked.
    const pod = this.#find(stray);
    if (pod === undefined) this.#strays.delete(toPodKey(stray.ref));
    else await this.#delete(stray.ref, pod);
  }

  /** The pod, if it is still a stray one. */
  #find({ ref }: Stray): PodObject | undefined {
    const { clusterKey, watch } = this.#deps;
    const pod = watch.get(ref.namespace, ref.name);
    if (pod === undefined || pod.metadata?.deletionTimestamp !== undefined) return undefined;
    const id = pod.metadata?.labels?.[LABELS.executionEnvironment];
    if (id === undefined || this.#deps.isKnown(ref, id)) return undefined;
    return isSealed(clusterKey, pod) ? pod : undefined;
  }

  async #mayRun(stray: Stray, pod: PodObject): Promise<boolean> {
    const host = pod.status?.podIP;
    if (host === undefined || judgePod(pod).kind === 'ended' || !hasAgent(pod)) return false;
    const { clock, clusterKey, agentPort = AGENT_PORT } = this.#deps;
    const token = makeAgentToken(clusterKey, stray.ref);
    try {
      const { state } = await readStatus({ address: toAddress(host, agentPort), token });
      stray.silentSinceMs = undefined;
      return BUSY_STATES.has(state);
    } catch {
      stray.silentSinceMs ??= clock.now();
      return clock.now() - stray.silentSinceMs < SILENCE_MS;
    }
  }

  async #delete(ref: PodRef, { spec }: PodObject): Promise<void> {
    const { client, logger } = this.#deps;
    // The pod's own grace is as long as an invocation that began in this moment.
    const gracePeriodSeconds = spec?.terminationGracePeriodSeconds ?? SHUTDOWN_GRACE_SECONDS;
    logger.warn({ ...ref }, 'a pod that nobody knows is deleted');
    try {
      await client.delete(ref, { gracePeriodSeconds }, AbortSignal.timeout(CALL_DEADLINE_MS));
    } catch (error) {
      // It is looked at again soon.
      logger.warn({ ...ref, err: error }, 'deleting a pod that nobody knows failed');
    }
  }
}

/** One whose agent has not begun runs no code. */
function hasAgent({ status }: PodObject): boolean {
  const agent = status?.containerStatuses?.find(({ name }) => name === AGENT_CONTAINER);
  return agent?.state?.waiting === undefined;
}
