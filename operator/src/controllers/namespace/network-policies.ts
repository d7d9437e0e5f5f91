import type { Clock, Informer } from '@mayfly/core';
import type { Logger } from '@mayfly/telemetry';
import { WorkQueue } from '../../reconcile/work-queue.ts';

/** What is written into namespaces. */
export interface NetworkPolicyWriter {
  /** Makes the policy of the namespace what it should be. */
  apply(namespace: string, signal: AbortSignal): Promise<void>;
  /** Removes it; one that is not there is fine. */
  remove(namespace: string, signal: AbortSignal): Promise<void>;
}

/** What keeping policies needs. */
export interface NetworkPoliciesDeps {
  readonly functions: Pick<Informer<'Function'>, 'list' | 'onChange'>;
  readonly writer: NetworkPolicyWriter;
  readonly clock: Clock;
  readonly logger: Logger;
}

const WRITE_DEADLINE_MS = 30_000;
/** Somebody may have changed or deleted one. */
const RESYNC_MS = 600_000;

/** Keeps the network policy of execution environments in every namespace that has Functions. */
export class NetworkPolicies {
  readonly #deps: NetworkPoliciesDeps;
  readonly #queue: WorkQueue;
  readonly #functionsOf = new Map<string, Set<string>>();
  readonly #stop = new AbortController();
  #stopListening: () => void = () => undefined;
  #running: Promise<void> | undefined;
  #hasWork = false;

  constructor(deps: NetworkPoliciesDeps) {
    this.#deps = deps;
    this.#queue = new WorkQueue(deps.clock, () => {
      this.#hasWork = true;
      this.#run();
    });
  }

  start(): void {
    for (const fn of this.#deps.functions.list()) this.#note(fn.metadata, true);
    this.#stopListening = this.#deps.functions.onChange((key, fn) => {
      this.#note(key, fn !== undefined);
    });
  }

  /** Takes nothing new and waits for what runs. */
  async close(): Promise<void> {
    this.#stopListening();
    this.#queue.close();
    this.#stop.abort();
    await this.#running;
  }

  #run(): void {
    if (this.#running !== undefined || !this.#hasWork) return;
    this.#hasWork = false;
    this.#running = this.#work().finally(() => {
      this.#running = undefined;
      this.#run();
    });
  }

  /** Only a namespace's first Function and its last one make a difference. */
  #note(key: { readonly namespace: string; readonly name: string }, exists: boolean): void {
    const names = this.#functionsOf.get(key.namespace) ?? new Set();
    const hadAny = names.size > 0;
    if (exists) names.add(key.name);
    else names.delete(key.name);
    if (names.size === 0) this.#functionsOf.delete(key.namespace);
    else this.#functionsOf.set(key.namespace, names);
    if (hadAny !== names.size > 0) this.#queue.add(key.namespace);
  }

  async #work(): Promise<void> {
    for (
      let namespace = this.#queue.take();
      namespace !== undefined;
      namespace = this.#queue.take()
    )
      await this.#write(namespace);
  }

  async #write(namespace: string): Promise<void> {
    const { writer, logger } = this.#deps;
    const isNeeded = this.#functionsOf.has(namespace);
    const deadline = AbortSignal.timeout(WRITE_DEADLINE_MS);
    const signal = AbortSignal.any([this.#stop.signal, deadline]);
    try {
      await (isNeeded ? writer.apply(namespace, signal) : writer.remove(namespace, signal));
      this.#queue.finish(namespace, 'succeeded');
      if (isNeeded) this.#queue.addAfter(namespace, RESYNC_MS);
    } catch (error) {
      this.#queue.finish(namespace, 'failed');
      if (!this.#stop.signal.aborted) {
        logger.warn({ namespace, err: error }, 'writing the network policy failed');
      }
    }
  }
}
