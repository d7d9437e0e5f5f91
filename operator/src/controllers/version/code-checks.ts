import type { Clock, CodeStore } from '@mayfly/core';

/** What checking needs. */
export interface CodeChecksDeps {
  readonly codeStore: Pick<CodeStore, 'open'>;
  readonly clock: Clock;
}

/** So long what was there is taken to be there still. */
const TRUST_MS = 600_000;

/** Whether archives are in the store: many versions have the same one, so that not each asks for itself. */
export class CodeChecks {
  readonly #deps: CodeChecksDeps;
  readonly #seenMs = new Map<string, number>();

  constructor(deps: CodeChecksDeps) {
    this.#deps = deps;
  }

  async has(codeSha256: string, signal?: AbortSignal): Promise<boolean> {
    const { codeStore, clock } = this.#deps;
    this.#forgetOld(clock.now());
    if (this.#seenMs.has(codeSha256)) return true;
    if ((await codeStore.open(codeSha256, signal)) === undefined) return false;
    this.#seenMs.set(codeSha256, clock.now());
    return true;
  }

  /** Also those that nobody asks for any more. The oldest come first. */
  #forgetOld(nowMs: number): void {
    for (const [codeSha256, seenMs] of this.#seenMs) {
      if (nowMs - seenMs < TRUST_MS) return;
      this.#seenMs.delete(codeSha256);
    }
  }
}
