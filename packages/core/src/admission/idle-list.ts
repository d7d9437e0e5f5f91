/** One that runs nothing. */
export interface IdleSlot {
  readonly executionEnvironment: { readonly isProvisioned: boolean };
}

/**
 * Execution environments of a revision that run nothing. What is provisioned is used first, because it is kept
 * anyway; of either kind the most recently used, so that the others are given up.
 */
export class IdleList<S extends IdleSlot> {
  readonly #provisioned: S[] = [];
  readonly #onDemand: S[] = [];

  get length(): number {
    return this.#provisioned.length + this.#onDemand.length;
  }

  /** It has become idle. */
  push(slot: S): void {
    this.#listOf(slot).push(slot);
  }

  /** The one to use next. */
  pop(): S | undefined {
    return this.#provisioned.pop() ?? this.#onDemand.pop();
  }

  /** It is idle no more, or not ours. */
  remove(slot: S): void {
    const list = this.#listOf(slot);
    const index = list.indexOf(slot);
    if (index >= 0) list.splice(index, 1);
  }

  #listOf({ executionEnvironment }: S): S[] {
    return executionEnvironment.isProvisioned ? this.#provisioned : this.#onDemand;
  }
}
