import type { FleetState } from './fleet-state.ts';

const RETRY_MS = 1_000;

/** Ends execution environments. One counts until it is known that it can run no more code. */
export class Endings {
  readonly #state: FleetState;

  constructor(state: FleetState) {
    this.#state = state;
  }

  async destroy(executionEnvironmentId: string): Promise<void> {
    const { members, world } = this.#state;
    const member = members.get(executionEnvironmentId);
    if (member === undefined || member.state === 'terminating') return;
    member.state = 'terminating';
    this.#state.noteCounts(member.key);
    try {
      await world.driver.destroy(executionEnvironmentId);
      this.forget(executionEnvironmentId);
    } catch (error) {
      world.logger.error({ executionEnvironmentId, err: error }, 'destroying failed');
      member.state = 'idle';
      member.isRevoked = true;
      world.clock.after(RETRY_MS, () => void this.destroy(executionEnvironmentId));
    }
  }

  /** It exists no more. */
  forget(executionEnvironmentId: string): void {
    const { members, gateways } = this.#state;
    const member = members.delete(executionEnvironmentId);
    if (member === undefined) return;
    if (member.holderId !== undefined) {
      gateways.send(member.holderId, { kind: 'gone', executionEnvironmentId });
    }
    this.#state.noteCounts(member.key);
    this.#state.evaluate();
  }
}
