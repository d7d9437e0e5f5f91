import type { Announcement, ExecutionEnvironmentAddress, RevisionKey } from '@mayfly/core';
import type { PodRef } from './agent-token.ts';

/** Why one ends. */
export type Ending = Omit<Announcement & { kind: 'gone' }, 'kind' | 'executionEnvironmentId'>;

/** What one says of its init phase when that is over. */
export type InitNews = Omit<Announcement & { kind: 'ready' }, 'kind' | 'executionEnvironmentId'>;

/** What is known of an execution environment from its creation. */
export interface TrackedPodOptions {
  readonly executionEnvironmentId: string;
  /** The id that its agent was started with. */
  readonly agentId: string;
  readonly ref: PodRef;
  readonly key: RevisionKey;
  readonly token: string;
  /** When it became known. */
  readonly sinceMs: number;
  /** There is no agent: the emulator in the image serves. */
  readonly isEmulated?: boolean;
}

/** An execution environment and the pod that it is. */
export class TrackedPod {
  readonly executionEnvironmentId: string;
  readonly agentId: string;
  readonly ref: PodRef;
  readonly key: RevisionKey;
  readonly token: string;
  readonly isEmulated: boolean;
  readonly sinceMs: number;
  readonly ended: Promise<unknown>;
  /** `host:port` of the agent, once it is known. */
  address: string | undefined;
  /** Of what it was assigned; 0 before. */
  memorySizeMb = 0;
  /** Why it ends, where that is known before it has ended. */
  cause: Ending | undefined;
  isAssigned = false;
  /** An emulator that has an address is asked whether it listens. */
  isAsked = false;
  isReady = false;
  /** It was a spare: its function's container runs. */
  wasSpare = false;
  /** Writes on its pod whose it is, where that was not done when it was made. */
  onMark: (() => void) | undefined;
  /** Settles when a resize that was asked for at its start has been answered. */
  resized: Promise<unknown> = Promise.resolve();
  /** A former operator made it. */
  wasFound = false;
  isEnded = false;
  /** Settles when the API server has answered. */
  creating: Promise<unknown> = Promise.resolve();
  /** The way to its end, once that is wanted. */
  ending: Promise<void> | undefined;
  /** Since when no node has room for it. */
  unschedulableSinceMs: number | undefined;
  readonly #resolveEnded: () => void;

  constructor(options: TrackedPodOptions) {
    this.executionEnvironmentId = options.executionEnvironmentId;
    this.agentId = options.agentId;
    this.ref = options.ref;
    this.key = options.key;
    this.token = options.token;
    this.sinceMs = options.sinceMs;
    this.isEmulated = options.isEmulated ?? false;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.ended = promise;
    this.#resolveEnded = () => {
      resolve(undefined);
    };
  }

  /** It is on its way to its first invocation, as far as that is known. */
  get isStarting(): boolean {
    return this.address === undefined || (this.isAssigned && !this.isReady);
  }

  /** It was made or taken here, and is not ready. */
  get isOnItsWay(): boolean {
    return !this.isReady && !this.wasFound && !this.isLeaving;
  }

  /** It ends, or has ended. */
  get isLeaving(): boolean {
    return this.isEnded || this.ending !== undefined;
  }

  get reach(): ExecutionEnvironmentAddress | undefined {
    return this.address === undefined ? undefined : { address: this.address, token: this.token };
  }

  /** Does so the first time. */
  mark(): void {
    this.onMark?.();
    this.onMark = undefined;
  }

  /** False when that was known. */
  end(): boolean {
    if (this.isEnded) return false;
    this.isEnded = true;
    this.#resolveEnded();
    return true;
  }
}

/** Who takes longer waits for something else than the machine: an image, a volume. */
const STARTS_WITHIN_MS = 10_000;

/** How many of them are on their way, as far as that keeps the machine busy. */
export function countStarting(pods: Iterable<TrackedPod>, nowMs: number): number {
  return [...pods].filter((one) => one.isOnItsWay && nowMs - one.sinceMs < STARTS_WITHIN_MS).length;
}

/** `namespace/name`. */
export function toPodKey({ namespace, name }: PodRef): string {
  return `${namespace}/${name}`;
}

/** `host:port`, of IPv6 addresses too. */
export function toAddress(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
}
