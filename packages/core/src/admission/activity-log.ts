import type { GatewayMessage } from '../ports/fleet-link.ts';

/** Coalesces who became idle or busy: the last state of each execution environment since the last drain. */
export class ActivityLog {
  /** Since when idle; undefined while busy. */
  #changes = new Map<string, number | undefined>();

  /** It has nothing to do since `sinceMs`. */
  noteIdle(executionEnvironmentId: string, sinceMs: number): void {
    this.#changes.set(executionEnvironmentId, sinceMs);
  }

  /** It runs an invocation. */
  noteBusy(executionEnvironmentId: string): void {
    this.#changes.set(executionEnvironmentId, undefined);
  }

  /** It is no longer ours; there is nothing to say of it. */
  forget(executionEnvironmentId: string): void {
    this.#changes.delete(executionEnvironmentId);
  }

  /** What there was to say has been said in another way. */
  clear(): void {
    this.#changes.clear();
  }

  /** The message for the operator, or undefined when nothing has changed. */
  drain(): GatewayMessage | undefined {
    if (this.#changes.size === 0) return undefined;
    const idle: { executionEnvironmentId: string; sinceMs: number }[] = [];
    const busy: string[] = [];
    for (const [executionEnvironmentId, sinceMs] of this.#changes) {
      if (sinceMs === undefined) busy.push(executionEnvironmentId);
      else idle.push({ executionEnvironmentId, sinceMs });
    }
    this.#changes.clear();
    return { kind: 'activity', idle, busy };
  }
}
