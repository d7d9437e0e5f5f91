import { updateTypicalMs, type Pace } from '@mayfly/core';

/** Where no start has been seen yet: an earlier operator made what there is. */
const USUAL_START_MS = 1_000;
/** Where no invocation has been seen to end: most are brief. */
const USUAL_INVOCATION_MS = 100;

/** More is the pull of an image, which the next start will not wait for. */
const LONGEST_START_MS = 10_000;

/** How long invocations and starts take, by function. */
export class Paces {
  readonly #invocationsMs = new Map<string, number>();
  readonly #startsMs = new Map<string, number>();

  /** What a gateway has found typical. */
  noteInvocations(functionId: string, typicalMs: number): void {
    this.#invocationsMs.set(functionId, typicalMs);
  }

  noteStart(functionId: string, tookMs: number): void {
    const latestMs = Math.min(tookMs, LONGEST_START_MS);
    this.#startsMs.set(functionId, updateTypicalMs(this.#startsMs.get(functionId), latestMs));
  }

  of(functionId: string): Pace {
    const invocationMs = this.#invocationsMs.get(functionId);
    return {
      invocationMs: invocationMs ?? USUAL_INVOCATION_MS,
      startMs: this.#startsMs.get(functionId) ?? USUAL_START_MS,
      isSeen: invocationMs !== undefined,
    };
  }

  forget(functionId: string): void {
    this.#invocationsMs.delete(functionId);
    this.#startsMs.delete(functionId);
  }
}
