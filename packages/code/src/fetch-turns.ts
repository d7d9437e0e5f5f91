/** How much work goes on at a time. */
export interface FetchTurnsOptions {
  readonly total: number;
  /** Of one namespace: less than the total, so that slow addresses of one leave room for others. */
  readonly perNamespace: number;
}

interface Waiting {
  readonly namespace: string;
  readonly begin: () => void;
}

/** Who fetches when: next is who waits longest among those whose namespace fetches least. */
export class FetchTurns {
  readonly #options: FetchTurnsOptions;
  readonly #running = new Map<string, number>();
  readonly #waiting = new Set<Waiting>();
  #total = 0;

  constructor(options: FetchTurnsOptions) {
    this.#options = options;
  }

  /** Does the work in its turn; an abort ends the wait for it. */
  async run<T>(namespace: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#wait(namespace, signal);
    try {
      return await work();
    } finally {
      this.#count(namespace, -1);
      this.#beginNext();
    }
  }

  async #wait(namespace: string, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    const turn = Promise.withResolvers<undefined>();
    const waiting: Waiting = {
      namespace,
      begin: () => {
        turn.resolve(undefined);
      },
    };
    const giveUp = (): void => {
      // One whose turn has come has it: its work sees the abort.
      if (this.#waiting.delete(waiting)) turn.reject(signal?.reason as Error);
    };
    this.#waiting.add(waiting);
    signal?.addEventListener('abort', giveUp);
    this.#beginNext();
    try {
      await turn.promise;
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
  }

  #beginNext(): void {
    if (this.#total >= this.#options.total) return;
    let next: Waiting | undefined;
    let fewest = this.#options.perNamespace;
    for (const waiting of this.#waiting) {
      const running = this.#running.get(waiting.namespace) ?? 0;
      if (running >= fewest) continue;
      next = waiting;
      fewest = running;
    }
    if (next === undefined) return;
    this.#waiting.delete(next);
    this.#count(next.namespace, 1);
    next.begin();
  }

  #count(namespace: string, by: 1 | -1): void {
    const running = (this.#running.get(namespace) ?? 0) + by;
    if (running === 0) this.#running.delete(namespace);
    else this.#running.set(namespace, running);
    this.#total += by;
  }
}
