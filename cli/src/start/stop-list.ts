/** `close` lets running work finish, `destroy` does not. */
export type StopVerb = 'close' | 'destroy';

interface Stop {
  readonly name: string;
  readonly run: (verb: StopVerb) => void | Promise<void>;
}

/** What has been started, to be stopped in the reverse order. Every part is tried, whatever fails. */
export class StopList {
  readonly #stops: Stop[] = [];
  readonly #running = new Map<StopVerb, Promise<void>>();

  add(name: string, run: Stop['run']): void {
    this.#stops.push({ name, run });
  }

  /** Stops everything. Asked for again, it is the same stop; `destroy` also hurries a `close` that runs. */
  stop(verb: StopVerb): Promise<void> {
    let running = this.#running.get(verb);
    if (running === undefined) {
      running = this.#stopAll(verb);
      this.#running.set(verb, running);
    }
    return running;
  }

  async #stopAll(verb: StopVerb): Promise<void> {
    const failures: Error[] = [];
    for (const { name, run } of this.#stops.toReversed()) {
      try {
        await run(verb);
      } catch (cause) {
        failures.push(new Error(`stopping the ${name}`, { cause }));
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, failures[0]?.message);
  }
}
