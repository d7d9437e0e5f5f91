import { KubeError } from '../kube-error.ts';
import type { LeaseRecord, LeaseStore } from '../lease.ts';

/** One candidate's way to the Lease, which can be broken. */
export interface LeaseLink extends LeaseStore {
  /**
   * `refuses`: an error at once; `hangs`: no answer until the caller gives up, and nothing is written;
   * `hangs after the write`: nor then, but it is written.
   */
  state: 'up' | 'refuses' | 'hangs' | 'hangs after the write';
}

/** A Lease in memory, with the API server's optimistic concurrency. */
export class MemoryLease {
  record: LeaseRecord | undefined;
  #writes = 0;

  /** A way to it. */
  link(): LeaseLink {
    const link: LeaseLink = {
      state: 'up',
      get: (signal) => this.#pass(link, signal, () => this.record),
      create: (record, signal) =>
        this.#pass(link, signal, () => {
          if (this.record !== undefined) throw new KubeError(409, 'AlreadyExists', 'it is there');
          return this.#write(record);
        }),
      update: (record, signal) =>
        this.#pass(link, signal, () => {
          if (this.record?.resourceVersion === record.resourceVersion) return this.#write(record);
          throw new KubeError(409, 'Conflict', 'somebody else wrote first');
        }),
    };
    return link;
  }

  #write(record: Omit<LeaseRecord, 'resourceVersion'>): LeaseRecord {
    this.#writes += 1;
    this.record = { ...record, resourceVersion: String(this.#writes) };
    return this.record;
  }

  async #pass<T>(link: LeaseLink, signal: AbortSignal, act: () => T): Promise<T> {
    signal.throwIfAborted();
    if (link.state === 'refuses') throw new Error('connection refused');
    if (link.state === 'up') return act();
    if (link.state === 'hangs after the write') act();
    return new Promise<T>((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
    });
  }
}
