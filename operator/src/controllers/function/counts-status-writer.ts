import type { Clock, Informer, ObjectKey } from '@mayfly/core';
import { toFunctionId } from '../../fleet/by-function.ts';

const COUNTS_DELAY_MS = 1_000;
/** How many are busy changes with every invocation, and every write is a whole object in etcd. */
const BUSY_DELAY_MS = 30_000;

interface Counts {
  readonly desired: number;
  readonly ready: number;
}

/**
 * Lets a change of a function's counts reach its status: of how many there are within a second, of how many are busy
 * within half a minute.
 */
export class CountsStatusWriter {
  readonly #clock: Clock;
  readonly #functions: Pick<Informer<'Function'>, 'list'>;
  readonly #runner: { enqueue(key: ObjectKey): void };
  readonly #pending = new Set<string>();
  readonly #pendingBusy = new Set<string>();
  readonly #noted = new Map<string, string>();

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
  note(functionId: string, { desired, ready }: Counts): void {
    const size = `${String(desired)}/${String(ready)}`;
    const isSame = this.#noted.get(functionId) === size;
    if (desired === 0 && ready === 0) this.#noted.delete(functionId);
    else this.#noted.set(functionId, size);
    if (isSame) this.#addTo(this.#pendingBusy, functionId, BUSY_DELAY_MS);
    else this.#addTo(this.#pending, functionId, COUNTS_DELAY_MS);
  }

  #addTo(pending: Set<string>, functionId: string, delayMs: number): void {
    if (pending.size === 0) {
      this.#clock.after(delayMs, () => {
        this.#flush(pending);
      });
    }
    pending.add(functionId);
  }

  #flush(pending: Set<string>): void {
    for (const fn of this.#functions.list()) {
      if (pending.has(toFunctionId(fn))) this.#runner.enqueue(fn.metadata);
    }
    pending.clear();
  }
}
