import type { Clock, ExecutionEnvironmentAddress } from '@mayfly/core';
import {
  AGENT_PORT,
  ANNOTATIONS,
  architectureOf,
  DEFAULT_EPHEMERAL_STORAGE_MB,
  LABELS,
  makePodName,
  makePoolId,
  makeSparePod,
  SHUTDOWN_GRACE_SECONDS,
  type PodConfiguration,
  type PodSettings,
} from '@mayfly/manifests';
import type { Logger } from '@mayfly/telemetry';
import { makeAgentToken, type PodRef } from './agent-token.ts';
import { readStatus } from './call-agent.ts';
import { judgePod } from './judge-pod.ts';
import type { PodClient, PodObject } from './pod-ports.ts';
import { isSealed, makePodSeal } from './pod-seal.ts';
import { toAddress, toPodKey } from './tracked-pod.ts';

/** Pods that are made ahead of functions. */
export interface PoolConfig {
  readonly namespace: string;
  readonly runtime: string;
  readonly memorySize: number;
  readonly size: number;
}

/** A pod that waits for a function. */
export interface SparePod {
  readonly agentId: string;
  readonly ref: PodRef;
  readonly poolId: string;
  /** Undefined until it has announced itself. */
  address: string | undefined;
  /** No node has room for it: so far. */
  isUnschedulable: boolean;
}

/** What pools need. */
export interface SparePodsDeps {
  readonly pools: readonly PoolConfig[];
  readonly client: Pick<PodClient, 'create' | 'delete'>;
  /** Default: `AGENT_PORT`. */
  readonly agentPort?: number;
  readonly settings: PodSettings;
  readonly clusterKey: Uint8Array;
  readonly makeId: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
}

const CALL_DEADLINE_MS = 15_000;
const RETRY_MS = 10_000;
/** To make a pod is work for the whole machine: whoever has just taken one is to have that for its own start. */
const REFILL_AFTER_MS = 1_000;
/** Large images take minutes on a slow line; who has not announced itself by then never will. */
const ANNOUNCE_MS = 5 * 60_000;

/** Keeps as many spare pods as the pools ask for. */
export class SparePods {
  readonly #deps: SparePodsDeps;
  readonly #spares = new Map<string, SparePod>();
  readonly #pools: ReadonlyMap<string, PoolConfig>;
  #isOpen = false;

  constructor(deps: SparePodsDeps) {
    this.#deps = deps;
    this.#pools = new Map(deps.pools.map((pool) => [makePoolId(pool, deps.settings), pool]));
  }

  /** Fills the pools from now on. */
  start(): void {
    this.#isOpen = true;
    for (const poolId of this.#pools.keys()) this.#refill(poolId);
  }

  /** Makes no more. Those that wait stay: the next operator finds them. */
  close(): void {
    this.#isOpen = false;
  }

  /** One that waits, if there is one; another is made in its place. */
  take(wanted: Omit<PoolConfig, 'size'>): SparePod | undefined {
    const poolId = makePoolId(wanted, this.#deps.settings);
    for (const [podKey, spare] of this.#spares) {
      if (spare.poolId !== poolId || spare.address === undefined) continue;
      this.#spares.delete(podKey);
      this.#refillLater(poolId, REFILL_AFTER_MS);
      return spare;
    }
    return undefined;
  }

  /** Whether it is one that is kept. */
  has(ref: PodRef): boolean {
    return this.#spares.has(toPodKey(ref));
  }

  /** False when it is none of ours. */
  onWaiting(ref: PodRef, address: string): boolean {
    const spare = this.#spares.get(toPodKey(ref));
    if (spare === undefined) return false;
    // It has announced itself before: its agent has crashed, and what it was told is lost with it.
    if (spare.address !== undefined && spare.address !== address) return false;
    spare.address = address;
    return true;
  }

  /** Its pod has changed, or is gone. */
  onPod(ref: PodRef, pod: PodObject | undefined): void {
    const spare = this.#spares.get(toPodKey(ref));
    if (spare === undefined) return;
    const kind = judgeUse(pod);
    spare.isUnschedulable = kind === 'unschedulable';
    if (kind === 'useless') {
      this.#drop(spare, 'a spare pod has ended', pod === undefined);
    }
  }

  /**
   * Takes over one that an earlier operator made, if it still waits and is wanted. Anybody can label a pod as one
   * of a pool: only the seal says that it was made for it. Of what does not wait, nothing is known here.
   */
  async adopt(ref: PodRef, pod: PodObject): Promise<'settled' | 'unknown'> {
    if (pod.metadata?.deletionTimestamp !== undefined) return 'settled';
    const address = await this.#findWaiting(ref, pod.status?.podIP);
    if (address === undefined) return 'unknown';
    const spare = this.#readSpare(ref, pod);
    if (spare !== undefined && this.#hasRoom(spare.poolId, ref.namespace)) {
      this.#spares.set(toPodKey(ref), { ...spare, address });
    } else {
      // Made with other settings, too many, or nobody's.
      await this.#delete(ref);
    }
    return 'settled';
  }

  #readSpare(ref: PodRef, pod: PodObject): SparePod | undefined {
    const { labels = {}, annotations = {} } = pod.metadata ?? {};
    const poolId = labels[LABELS.pool];
    const agentId = annotations[ANNOTATIONS.agent];
    if (poolId === undefined || agentId === undefined) return undefined;
    if (!isSealed(this.#deps.clusterKey, pod)) return undefined;
    return { agentId, ref, poolId, address: undefined, isUnschedulable: false };
  }

  async #findWaiting(ref: PodRef, host: string | undefined): Promise<string | undefined> {
    if (host === undefined) return undefined;
    const address = toAddress(host, this.#deps.agentPort ?? AGENT_PORT);
    const token = makeAgentToken(this.#deps.clusterKey, ref);
    return (await isWaitingAt({ address, token })) ? address : undefined;
  }

  #hasRoom(poolId: string, namespace: string): boolean {
    const pool = this.#pools.get(poolId);
    return pool?.namespace === namespace && this.#countOf(poolId) < pool.size;
  }

  #drop({ ref, poolId }: SparePod, why: string, isGone = false): void {
    this.#spares.delete(toPodKey(ref));
    this.#deps.logger.warn({ ...ref }, why);
    if (!isGone) void this.#delete(ref);
    this.#refillLater(poolId);
  }

  #giveUpLater(spare: SparePod): void {
    this.#deps.clock.after(ANNOUNCE_MS, () => {
      const isKept = this.#spares.get(toPodKey(spare.ref)) === spare;
      if (!this.#isOpen || !isKept || spare.address !== undefined) return;
      // For another there is no room either.
      if (spare.isUnschedulable) this.#giveUpLater(spare);
      else this.#drop(spare, 'a spare pod has never announced itself');
    });
  }

  #countOf(poolId: string): number {
    return [...this.#spares.values()].filter((spare) => spare.poolId === poolId).length;
  }

  #refill(poolId: string): void {
    const pool = this.#pools.get(poolId);
    if (!this.#isOpen || pool === undefined) return;
    for (let missing = pool.size - this.#countOf(poolId); missing > 0; missing -= 1) {
      void this.#make(pool, poolId);
    }
  }

  #refillLater(poolId: string, afterMs = RETRY_MS): void {
    this.#deps.clock.after(afterMs, () => {
      this.#refill(poolId);
    });
  }

  async #make(pool: PoolConfig, poolId: string): Promise<void> {
    const { client, settings, clusterKey, makeId, logger } = this.#deps;
    const agentId = makeId();
    const ref = { namespace: pool.namespace, name: makePodName('mayfly-spare', agentId) };
    const spare = { agentId, ref, poolId, address: undefined, isUnschedulable: false };
    this.#spares.set(toPodKey(ref), spare);
    try {
      const { namespace, runtime, memorySize } = pool;
      const pod = makeSparePod({
        executionEnvironmentId: agentId,
        pool: { namespace, runtime, memorySize },
        agentToken: makeAgentToken(clusterKey, ref),
        seal: makePodSeal(clusterKey, ref, poolId),
        settings,
      });
      await client.create(pod, AbortSignal.timeout(CALL_DEADLINE_MS));
      this.#giveUpLater(spare);
    } catch (error) {
      logger.warn({ ...ref, err: error }, 'making a spare pod failed');
      this.#spares.delete(toPodKey(ref));
      // There may have been no answer, but a pod.
      void this.#delete(ref);
      this.#refillLater(poolId);
    }
  }

  async #delete(ref: PodRef): Promise<void> {
    const { client, logger } = this.#deps;
    const options = { gracePeriodSeconds: SHUTDOWN_GRACE_SECONDS };
    try {
      await client.delete(ref, options, AbortSignal.timeout(CALL_DEADLINE_MS));
    } catch (error) {
      // Its agent is told that nobody wants it when it announces itself; else the next operator finds it.
      logger.warn({ ...ref, err: error }, 'deleting a spare pod failed');
    }
  }
}

/**
 * Whether a function can run in a spare pod. One is made without knowing for whom: only what all functions have in
 * common can be in it.
 */
export function isPoolable(configuration: PodConfiguration, settings: PodSettings): boolean {
  const { podTemplate, serviceAccountName, ephemeralStorage } = configuration;
  return (
    podTemplate === undefined &&
    serviceAccountName === undefined &&
    (ephemeralStorage ?? DEFAULT_EPHEMERAL_STORAGE_MB) === DEFAULT_EPHEMERAL_STORAGE_MB &&
    architectureOf(configuration, settings) === architectureOf({}, settings)
  );
}

/** For one that finds no room there is none for another either. */
function judgeUse(pod: PodObject | undefined): 'fine' | 'unschedulable' | 'useless' {
  if (pod === undefined || pod.metadata?.deletionTimestamp !== undefined) return 'useless';
  const { kind } = judgePod(pod);
  return kind === 'fine' || kind === 'unschedulable' ? kind : 'useless';
}

async function isWaitingAt(to: ExecutionEnvironmentAddress): Promise<boolean> {
  try {
    return (await readStatus(to)).state === 'waiting';
  } catch {
    return false;
  }
}
