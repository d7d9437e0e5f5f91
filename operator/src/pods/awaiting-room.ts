import type { Clock } from '@mayfly/core';
import { judgePod } from './judge-pod.ts';
import { wantedMemoryMb } from './pod-memory.ts';
import type { PodObject } from './pod-ports.ts';
import type { SparePods } from './spare-pods.ts';
import type { TrackedPod } from './tracked-pod.ts';

/** What waiting for room needs. */
export interface AwaitingRoomDeps {
  readonly clock: Clock;
  /** How long a pod may wait for a node with room. Default: 10 s. */
  readonly unschedulableMs?: number;
  readonly spares: Pick<SparePods, 'giveWay'>;
  /** Others may have something idle. */
  readonly onNoRoom: (tracked: TrackedPod) => void;
  readonly onGivenUp: (tracked: TrackedPod, message: string) => void;
}

const UNSCHEDULABLE_MS = 10_000;
/** Until the room of spare pods that have given way is used. */
const SPARES_GONE_MS = 3_000;
/** What the scheduler says when nodes are full. */
const LACK = /Insufficient|Too many pods/;

/** Pods that no node has room for: spare ones give way to them, then idle ones, and in the end they are given up. */
export class AwaitingRoom {
  readonly #deps: AwaitingRoomDeps;
  readonly #waiting = new Set<TrackedPod>();
  /** Of these, the ones that wait because nodes are full. */
  readonly #crowded = new Set<TrackedPod>();
  #lastFullMs: number | undefined;

  constructor(deps: AwaitingRoomDeps) {
    this.#deps = deps;
  }

  /** When nodes were full, the last time. */
  get lastFullMs(): number | undefined {
    if (this.#crowded.size > 0) this.#lastFullMs = this.#deps.clock.now();
    return this.#lastFullMs;
  }

  /** No node has room for this pod: so far. */
  note(tracked: TrackedPod, pod: PodObject): void {
    const verdict = judgePod(pod);
    if (this.#waiting.has(tracked) || verdict.kind !== 'unschedulable') return;
    const { message } = verdict;
    const { clock, unschedulableMs = UNSCHEDULABLE_MS, onGivenUp } = this.#deps;
    const sinceMs = clock.now();
    tracked.unschedulableSinceMs = sinceMs;
    this.#waiting.add(tracked);
    // Not so a selector that no node fits: nobody's end would help, and spare pods are in nobody's way.
    if (LACK.test(message)) {
      this.#crowded.add(tracked);
      this.#ask(tracked, pod, message);
    }
    clock.after(unschedulableMs, () => {
      if (this.#isWaitingSince(tracked, sinceMs)) onGivenUp(tracked, message);
    });
  }

  /** It has found room, or has ended. */
  forget(tracked: TrackedPod): void {
    tracked.unschedulableSinceMs = undefined;
    this.#waiting.delete(tracked);
    if (!this.#crowded.delete(tracked)) return;
    this.#lastFullMs = this.#deps.clock.now();
  }

  #ask(tracked: TrackedPod, pod: PodObject, message: string): void {
    const { clock, spares, onNoRoom } = this.#deps;
    const sinceMs = tracked.unschedulableSinceMs ?? clock.now();
    const neededMb = message.includes('Too many pods') ? 0 : (wantedMemoryMb(pod) ?? 0);
    if (spares.giveWay(neededMb) === 0) {
      onNoRoom(tracked);
      return;
    }
    clock.after(SPARES_GONE_MS, () => {
      if (this.#isWaitingSince(tracked, sinceMs)) onNoRoom(tracked);
    });
  }

  #isWaitingSince(tracked: TrackedPod, sinceMs: number): boolean {
    return tracked.unschedulableSinceMs === sinceMs && !tracked.isEnded;
  }
}
