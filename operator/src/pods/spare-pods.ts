import type { Clock, ExecutionEnvironmentAddress } from '@mayfly/core';
import {
  AGENT_PORT,
  ANNOTATIONS,
  LABELS,
  makePodName,
  makePoolId,
  makeSparePod,
  SHUTDOWN_GRACE_SECONDS,
  type PodSettings,
} from '@mayfly/manifests';
import type { Logger } from '@mayfly/telemetry';
import { makeAgentToken, type PodRef } from './agent-token.ts';
import { readStatus } from './call-agent.ts';
import { judgePod } from './judge-pod.ts';
import type { PodClient, PodObject } from './pod-ports.ts';
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
}

/** What pools need. */
export interface SparePodsDeps {
  readonly pools: readonly PoolConfig[];
  readonly client: Pick<PodClient, 'create' | 'delete'>;
  readonly settings: PodSettings;
  readonly clusterKey: Uint8Array;
  readonly makeId: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
}

const CALL_DEADLINE_MS = 15_000;
const RETRY_MS = 10_000;

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
      this.#refill(poolId);
      return spare;
    }
    return undefined;
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
    if (spare === undefined || isOfUse(pod)) return;
    this.#spares.delete(toPodKey(ref));
    this.#deps.logger.warn({ ...ref }, 'a spare pod has ended');
    if (pod !== undefined) void this.#delete(ref);
    this.#refillLater(spare.poolId);
  }

  /** Takes over one that an earlier operator made, if it still waits and is wanted. */
  async adopt(ref: PodRef, { metadata = {}, status }: PodObject): Promise<void> {
    if (metadata.deletionTimestamp !== undefined) return;
    const poolId = metadata.labels?.[LABELS.pool] ?? '';
    const agentId = metadata.annotations?.[ANNOTATIONS.agent];
    const address = await this.#findWaiting(ref, status?.podIP);
    if (address !== undefined && agentId !== undefined && this.#hasRoom(poolId)) {
      this.#spares.set(toPodKey(ref), { agentId, ref, poolId, address });
    } else {
      // Assigned but not marked so, made with other settings, or too many.
      await this.#delete(ref);
    }
  }

  async #findWaiting(ref: PodRef, host: string | undefined): Promise<string | undefined> {
    if (host === undefined) return undefined;
    const address = toAddress(host, AGENT_PORT);
    const token = makeAgentToken(this.#deps.clusterKey, ref);
    return (await isWaitingAt({ address, token })) ? address : undefined;
  }

  #hasRoom(poolId: string): boolean {
    return this.#countOf(poolId) < (this.#pools.get(poolId)?.size ?? 0);
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

  #refillLater(poolId: string): void {
    this.#deps.clock.after(RETRY_MS, () => {
      this.#refill(poolId);
    });
  }

  async #make(pool: PoolConfig, poolId: string): Promise<void> {
    const { client, settings, clusterKey, makeId, logger } = this.#deps;
    const agentId = makeId();
    const ref = { namespace: pool.namespace, name: makePodName('mayfly-spare', agentId) };
    const spare: SparePod = { agentId, ref, poolId, address: undefined };
    this.#spares.set(toPodKey(ref), spare);
    try {
      const { namespace, runtime, memorySize } = pool;
      const pod = makeSparePod({
        executionEnvironmentId: agentId,
        pool: { namespace, runtime, memorySize },
        agentToken: makeAgentToken(clusterKey, ref),
        settings,
      });
      await client.create(pod, AbortSignal.timeout(CALL_DEADLINE_MS));
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

/** For one that finds no room there is none for another either. */
function isOfUse(pod: PodObject | undefined): boolean {
  if (pod === undefined || pod.metadata?.deletionTimestamp !== undefined) return false;
  const { kind } = judgePod(pod);
  return kind === 'fine' || kind === 'unschedulable';
}

async function isWaitingAt(to: ExecutionEnvironmentAddress): Promise<boolean> {
  try {
    return (await readStatus(to)).state === 'waiting';
  } catch {
    return false;
  }
}
