/** How many invocations we have given to whom, and that have not ended. */
export class InFlight {
  readonly #counts = new Map<string, number>();

  to(gatewayId: string): number {
    return this.#counts.get(gatewayId) ?? 0;
  }

  /** Counts it until it has ended. */
  async during<T>(gatewayId: string, act: () => Promise<T>): Promise<T> {
    this.#counts.set(gatewayId, this.to(gatewayId) + 1);
    try {
      return await act();
    } finally {
      const left = this.to(gatewayId) - 1;
      if (left > 0) this.#counts.set(gatewayId, left);
      else this.#counts.delete(gatewayId);
    }
  }
}
