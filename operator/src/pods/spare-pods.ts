import {
  NO_POOL_OBSERVER,
  pickSpare,
  pickYielding,
  type Clock,
  type ExecutionEnvironmentAddress,
  type PoolFill,
  type PoolName,
  type PoolObserver,
  type RefillFacts,
  type ResizeAbility,
  type SpareMissReason,
} from '@mayfly/core';
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
import { wantedMemoryMb } from './pod-memory.ts';
import type { PodClient, PodObject, PodWatch } from './pod-ports.ts';
import { isSealed, makePodSeal } from './pod-seal.ts';
import { SpareRefill } from './spare-refill.ts';
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
  /** Spares made in a second, over all pools. Default: 2. */
  readonly poolRefillPerSecond?: number;
  readonly client: Pick<PodClient, 'create' | 'delete'>;
  readonly watch: Pick<PodWatch, 'get'>;
  /** Default: `AGENT_PORT`. */
  readonly agentPort?: number;
  readonly settings: PodSettings;
  /** Names of nodes where nothing new should be. */
  readonly avoidedNodes: () => readonly string[];
  readonly clusterKey: Uint8Array;
  readonly makeId: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly poolObserver?: PoolObserver;
}

/** What is known of the execution environments that somebody waits for. */
export type OnDemandStarts = Pick<RefillFacts, 'startingOnDemand' | 'lastFullMs'>;

/** A spare pod for a function, or why there is none. */
export type SpareTake =
  | {
      readonly kind: 'hit';
      readonly spare: SparePod;
      readonly pool: PoolConfig;
      readonly fit: 'exact' | 'resized';
    }
  | { readonly kind: 'miss'; readonly reason: SpareMissReason };

interface Pool {
  readonly poolId: string;
  readonly config: PoolConfig;
  /** The last try to make one of it failed. */
  notBeforeMs: number;
}

const CALL_DEADLINE_MS = 15_000;
const RETRY_MS = 10_000;
const DEFAULT_REFILL_PER_SECOND = 2;
/** To make a pod is work for the whole machine: whoever has just taken one is to have that for its own start. */
const REFILL_AFTER_MS = 1_000;
/** Large images take minutes on a slow line; who has not announced itself by then never will. */
const ANNOUNCE_MS = 5 * 60_000;
/** What an agent asks the scheduler for. */
const AGENT_MB = 32;

/** Keeps as many spare pods as the pools ask for. */
export class SparePods {
  readonly #deps: SparePodsDeps;
  readonly #observer: PoolObserver;
  readonly #spares = new Map<string, SparePod>();
  readonly #pools: ReadonlyMap<string, Pool>;
  readonly #refill: SpareRefill;
  #isOpen = false;

  constructor(deps: SparePodsDeps, onDemand: () => OnDemandStarts) {
    this.#deps = deps;
    this.#observer = deps.poolObserver ?? NO_POOL_OBSERVER;
    const pools = deps.pools.map((config) => {
      const poolId = makePoolId(config, deps.settings);
      return [poolId, { poolId, config, notBeforeMs: 0 }] as const;
    });
    this.#pools = new Map(pools);
    this.#refill = new SpareRefill({
      clock: deps.clock,
      perSecond: deps.poolRefillPerSecond ?? DEFAULT_REFILL_PER_SECOND,
      facts: () => ({ ...onDemand(), pools: this.#fills() }),
      make: (poolId) => {
        const pool = this.#pools.get(poolId);
        if (pool !== undefined) void this.#make(pool);
      },
    });
  }

  /** Whether there is any pool. */
  get isWanted(): boolean {
    return this.#pools.size > 0;
  }

  /** Fills the pools from now on. */
  start(): void {
    this.#isOpen = true;
    for (const pool of this.#pools.values()) this.#count(pool);
    this.#refill.open();
  }

  /** Makes no more. Those that wait stay: the next operator finds them. */
  close(): void {
    this.#isOpen = false;
    this.#refill.close();
  }

  /** One that waits, if there is one; another is made in its place. */
  take(wanted: Omit<PoolConfig, 'size'>, can: ResizeAbility): SpareTake {
    const pools = [...this.#pools.values()].filter(
      ({ config }) => config.namespace === wanted.namespace && config.runtime === wanted.runtime,
    );
    const supply = pools.map(({ poolId, config }) => {
      const waiting = this.#waitingOf(poolId).length;
      return { poolId, memorySizeMb: config.memorySize, waiting };
    });
    const pick = pickSpare(wanted.memorySize, supply, can);
    if (pick.kind === 'miss') return pick;
    const pool = this.#pools.get(pick.poolId);
    const [spare] = this.#waitingOf(pick.poolId);
    if (pool === undefined || spare === undefined) return { kind: 'miss', reason: 'empty' };
    this.#forget(spare);
    this.#refill.rest(REFILL_AFTER_MS);
    return { kind: 'hit', spare, pool: pool.config, fit: pick.fit };
  }

  /** Ends one that was taken and turned out to be of no use. */
  discard({ ref }: SparePod): void {
    void this.#delete(ref);
  }

  /** Ends spares whose room helps one that somebody waits for; how many. */
  giveWay(neededMb: number): number {
    const rooms = [...this.#spares].map(([spareId, spare]) => ({
      spareId,
      memoryMb: this.#memoryOf(spare) + AGENT_MB,
      nodeName: this.#nodeOf(spare),
    }));
    // One that the scheduler has not looked at yet may find room.
    const settled = rooms.filter(
      ({ spareId, nodeName }) =>
        nodeName !== undefined || this.#spares.get(spareId)?.isUnschedulable === true,
    );
    const yielding = pickYielding(settled, neededMb);
    for (const spareId of yielding) {
      const spare = this.#spares.get(spareId);
      if (spare === undefined) continue;
      this.#deps.logger.info({ ...spare.ref }, 'a spare pod gives way');
      this.#forget(spare);
      void this.#delete(spare.ref);
    }
    return yielding.length;
  }

  /** Nobody is to be met on this node: what waits there is of no use. */
  leave(nodeName: string): void {
    for (const spare of [...this.#spares.values()]) {
      if (this.#nodeOf(spare) === nodeName) this.#drop(spare, 'a spare pod is on a lost node');
    }
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
    this.#countOf(spare.poolId);
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
    const pool = spare && this.#pools.get(spare.poolId);
    if (spare !== undefined && pool !== undefined && this.#isWanted(pool, ref, pod)) {
      this.#spares.set(toPodKey(ref), { ...spare, address });
      this.#count(pool);
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

  #isWanted({ poolId, config }: Pool, ref: PodRef, pod: PodObject): boolean {
    // An operator that died has given it another size, for a function that it has not got.
    const memoryMb = wantedMemoryMb(pod) ?? config.memorySize;
    return (
      config.namespace === ref.namespace &&
      config.memorySize === memoryMb &&
      this.#keptOf(poolId) < config.size
    );
  }

  #drop(spare: SparePod, why: string, isGone = false): void {
    this.#forget(spare);
    this.#deps.logger.warn({ ...spare.ref }, why);
    if (!isGone) void this.#delete(spare.ref);
    this.#retryLater(spare.poolId);
  }

  #forget({ ref, poolId }: SparePod): void {
    this.#spares.delete(toPodKey(ref));
    this.#countOf(poolId);
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

  #nodeOf({ ref }: SparePod): string | undefined {
    return this.#deps.watch.get(ref.namespace, ref.name)?.spec?.nodeName;
  }

  #of(poolId: string): SparePod[] {
    return [...this.#spares.values()].filter((spare) => spare.poolId === poolId);
  }

  #keptOf(poolId: string): number {
    return this.#of(poolId).length;
  }

  #waitingOf(poolId: string): SparePod[] {
    return this.#of(poolId).filter(({ address }) => address !== undefined);
  }

  #memoryOf({ poolId }: SparePod): number {
    return this.#pools.get(poolId)?.config.memorySize ?? 0;
  }

  #fills(): PoolFill[] {
    return [...this.#pools.values()].map(({ poolId, config, notBeforeMs }) => ({
      poolId,
      size: config.size,
      kept: this.#keptOf(poolId),
      notBeforeMs,
    }));
  }

  #countOf(poolId: string): void {
    const pool = this.#pools.get(poolId);
    if (pool !== undefined) this.#count(pool);
  }

  #count({ poolId, config }: Pool): void {
    const ready = this.#waitingOf(poolId).length;
    this.#observer.count(toPoolName(config), { wanted: config.size, ready });
  }

  #retryLater(poolId: string): void {
    const pool = this.#pools.get(poolId);
    if (pool !== undefined) pool.notBeforeMs = this.#deps.clock.now() + RETRY_MS;
    this.#refill.wake();
  }

  async #make({ poolId, config }: Pool): Promise<void> {
    const { client, settings, clusterKey, makeId, logger } = this.#deps;
    const agentId = makeId();
    const ref = { namespace: config.namespace, name: makePodName('mayfly-spare', agentId) };
    const spare = { agentId, ref, poolId, address: undefined, isUnschedulable: false };
    this.#spares.set(toPodKey(ref), spare);
    try {
      const { namespace, runtime, memorySize } = config;
      const pod = makeSparePod({
        executionEnvironmentId: agentId,
        pool: { namespace, runtime, memorySize },
        agentToken: makeAgentToken(clusterKey, ref),
        seal: makePodSeal(clusterKey, ref, poolId),
        settings,
        avoidedNodes: this.#deps.avoidedNodes(),
      });
      await client.create(pod, AbortSignal.timeout(CALL_DEADLINE_MS));
      this.#giveUpLater(spare);
    } catch (error) {
      logger.warn({ ...ref, err: error }, 'making a spare pod failed');
      this.#spares.delete(toPodKey(ref));
      // There may have been no answer, but a pod.
      void this.#delete(ref);
      this.#retryLater(poolId);
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

/** What metrics call a pool. */
export function toPoolName({ namespace, runtime, memorySize }: PoolConfig): PoolName {
  return { namespace, runtime, memorySizeMb: memorySize };
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
