import type { Clock, Informer, ObjectKey } from '@mayfly/core';
import { toFunctionId } from './controller.ts';

const COUNTS_DELAY_MS = 1_000;

/** Lets a change of a function's counts reach its status, at most once a second over all functions. */
export class CountsStatusWriter {
  readonly #clock: Clock;
  readonly #functions: Pick<Informer<'Function'>, 'list'>;
  readonly #runner: { enqueue(key: ObjectKey): void };
  readonly #pending = new Set<string>();

  constructor(
    clock: Clock,
    functions: Pick<Informer<'Function'>, 'list'>,
    runner: { enqueue(key: ObjectKey): void },
  ) {
    this.#clock = clock;
    this.#functions = functions;
    this.#runner = runner;
  }

  /** The function's counts changed. */
  note(functionId: string): void {
    if (this.#pending.size === 0) {
      this.#clock.after(COUNTS_DELAY_MS, () => {
        this.#flush();
      });
    }
    this.#pending.add(functionId);
  }

  #flush(): void {
    for (const fn of this.#functions.list()) {
      if (this.#pending.has(toFunctionId(fn))) this.#runner.enqueue(fn.metadata);
    }
    this.#pending.clear();
  }
}
