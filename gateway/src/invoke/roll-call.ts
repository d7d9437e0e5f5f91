import type { GrantedExecutionEnvironment } from '@mayfly/core';
import type { Admission } from './admission.ts';
import { tryToConnect } from './try-to-connect.ts';

/**
 * Finds idle execution environments that were lost (their machine, their network, their pod) before
 * invocations find them one by one: each is connected to, all at once, and those that do not answer are dead.
 */
export class RollCall {
  readonly #admission: Admission;
  readonly #asked = new Set<string>();

  constructor(admission: Admission) {
    this.#admission = admission;
  }

  /** Nobody answered at its address: who else may have been lost with it? */
  callAround(lost: GrantedExecutionEnvironment): void {
    for (const suspect of this.#admission.suspectsOf(lost)) void this.call(suspect);
  }

  /** Asks one. What runs an invocation is left to that invocation. */
  async call(executionEnvironment: GrantedExecutionEnvironment): Promise<void> {
    const { executionEnvironmentId, address } = executionEnvironment;
    if (this.#asked.has(executionEnvironmentId)) return;
    if (!this.#admission.isIdle(executionEnvironmentId)) return;
    this.#asked.add(executionEnvironmentId);
    const problem = await tryToConnect(address);
    this.#asked.delete(executionEnvironmentId);
    if (problem !== undefined && this.#admission.isIdle(executionEnvironmentId)) {
      const { message, isSilent: isLost } = problem;
      this.#admission.markDead(executionEnvironmentId, { message, isLost });
    }
  }
}
