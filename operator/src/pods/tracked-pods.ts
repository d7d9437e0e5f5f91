import type { PodRef } from './agent-token.ts';
import { toPodKey, type TrackedPod } from './tracked-pod.ts';

/** All execution environments that a driver knows, by their ids and by their pods. */
export class TrackedPods {
  readonly #byId = new Map<string, TrackedPod>();
  readonly #byPod = new Map<string, TrackedPod>();

  add(tracked: TrackedPod): void {
    this.#byId.set(tracked.executionEnvironmentId, tracked);
    this.#byPod.set(toPodKey(tracked.ref), tracked);
  }

  get(executionEnvironmentId: string): TrackedPod | undefined {
    return this.#byId.get(executionEnvironmentId);
  }

  has(executionEnvironmentId: string): boolean {
    return this.#byId.has(executionEnvironmentId);
  }

  /** The one that a pod is. */
  of(ref: PodRef): TrackedPod | undefined {
    return this.#byPod.get(toPodKey(ref));
  }

  /** A copy: what is done with them may remove them. */
  all(): readonly TrackedPod[] {
    return [...this.#byId.values()];
  }

  remove({ executionEnvironmentId, ref }: TrackedPod): void {
    this.#byId.delete(executionEnvironmentId);
    this.#byPod.delete(toPodKey(ref));
  }
}
