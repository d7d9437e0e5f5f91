import type { GatewayMessage } from '../ports/fleet-link.ts';

/** Coalesces who became idle or busy: the last state of each execution environment since the last drain. */
export class ActivityLog {
  #changes = new Map<string, 'idle' | 'busy'>();

  /** It has nothing to do any more. */
  noteIdle(executionEnvironmentId: string): void {
    this.#changes.set(executionEnvironmentId, 'idle');
  }

  /** It runs an invocation. */
  noteBusy(executionEnvironmentId: string): void {
    this.#changes.set(executionEnvironmentId, 'busy');
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
    const changes = [...this.#changes];
    const idle = changes.filter(([, state]) => state === 'idle').map(([id]) => id);
    const busy = changes.filter(([, state]) => state === 'busy').map(([id]) => id);
    this.#changes.clear();
    return { kind: 'activity', idle, busy };
  }
}
