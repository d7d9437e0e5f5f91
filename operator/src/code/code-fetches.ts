import type { FunctionResource } from '@mayfly/api';
import {
  objectIdOf,
  type Clock,
  type CodeProgress,
  type CodeResolution,
  type ObjectKey,
  type ResolvedCode,
} from '@mayfly/core';
import type { Logger } from '@mayfly/telemetry';

/** What fetching aside needs. */
export interface CodeFetchesDeps {
  readonly resolver: {
    /** The same for two Functions, or one at two times, whose code is the same. */
    identify(fn: FunctionResource): string;
    recall(fn: FunctionResource): ResolvedCode | undefined;
    resolve(fn: FunctionResource, signal?: AbortSignal): Promise<CodeResolution>;
  };
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Fetch {
  readonly identity: string;
  readonly stop: AbortController;
  /** Ends when the fetch that runs does; undefined while none runs. */
  running: Promise<void> | undefined;
  /** Somebody waits for the end of the one that runs, and need not be told of it. */
  isAwaited: boolean;
  /** In a row. */
  failures: number;
  notBeforeMs: number;
  /** What came of the last one. */
  answer: CodeProgress;
}

type SettledListener = (key: ObjectKey) => void;

const FETCHING: CodeProgress = { kind: 'pending', message: 'The code is being fetched.' };
const TROUBLE = 'The code could not be kept in the code store; it is tried again.';
const FIRST_RETRY_MS = 10_000;
/** Of addresses that users name: nobody hammers them. */
const LONGEST_RETRY_MS = 300_000;
/** Of what is in the cluster itself. */
const LONGEST_LOCAL_RETRY_MS = 30_000;
/** Source text and ConfigMaps are there at once, unless the cluster is in trouble: one status is written, not two. */
const QUICK_MS = 1000;

/**
 * Fetches code beside the work of controllers: they ask, get what is known, and are told when there is more. However
 * slowly an address answers, no controller waits for it. What fails is tried again after growing pauses.
 */
export class CodeFetches {
  readonly #deps: CodeFetchesDeps;
  readonly #fetches = new Map<string, Fetch>();
  readonly #listeners = new Set<SettledListener>();

  constructor(deps: CodeFetchesDeps) {
    this.#deps = deps;
  }

  /** Called with each Function whose fetch has ended. */
  onSettled(listener: SettledListener): void {
    this.#listeners.add(listener);
  }

  async resolve(fn: FunctionResource, signal?: AbortSignal): Promise<CodeProgress> {
    const known = this.#deps.resolver.recall(fn);
    if (known !== undefined) {
      this.forget(fn);
      return { kind: 'resolved', ...known };
    }
    const fetch = this.#ensure(fn);
    const { clock } = this.#deps;
    if (fetch.running === undefined && clock.now() >= fetch.notBeforeMs) this.#begin(fn, fetch);
    if (fetch.running !== undefined && isQuick(fn)) await this.#wait(fetch, signal);
    const { answer } = fetch;
    if (fetch.running !== undefined || answer.kind === 'resolved') return answer;
    return { ...answer, retryAfterMs: Math.max(0, fetch.notBeforeMs - clock.now()) };
  }

  /** Ends the fetch for a Function that is deleted. */
  forget({ metadata }: Pick<FunctionResource, 'metadata'>): void {
    const id = objectIdOf(metadata);
    this.#fetches.get(id)?.stop.abort();
    this.#fetches.delete(id);
  }

  close(): void {
    for (const { stop } of this.#fetches.values()) stop.abort();
    this.#fetches.clear();
  }

  #ensure(fn: FunctionResource): Fetch {
    const identity = this.#deps.resolver.identify(fn);
    const known = this.#fetches.get(objectIdOf(fn.metadata));
    if (known?.identity === identity) return known;
    known?.stop.abort();
    const fetch: Fetch = {
      identity,
      stop: new AbortController(),
      running: undefined,
      isAwaited: false,
      failures: 0,
      notBeforeMs: 0,
      answer: FETCHING,
    };
    this.#fetches.set(objectIdOf(fn.metadata), fetch);
    return fetch;
  }

  #begin(fn: FunctionResource, fetch: Fetch): void {
    const { namespace, name } = fn.metadata;
    fetch.running = this.#fetch(fn, fetch).finally(() => {
      fetch.running = undefined;
      if (fetch.stop.signal.aborted || fetch.isAwaited) return;
      for (const listener of this.#listeners) listener({ namespace, name });
    });
  }

  /** Never rejects. */
  async #fetch(fn: FunctionResource, fetch: Fetch): Promise<void> {
    const { resolver, clock, logger } = this.#deps;
    try {
      fetch.answer = await resolver.resolve(fn, fetch.stop.signal);
    } catch (err) {
      if (fetch.stop.signal.aborted) return;
      const { namespace, name } = fn.metadata;
      logger.warn({ namespace, name, err }, 'fetching code failed');
      fetch.answer = { kind: 'pending', message: TROUBLE };
    }
    if (fetch.answer.kind === 'resolved') return;
    const delayMs = computeRetryMs(fn, fetch.failures);
    fetch.failures += 1;
    fetch.notBeforeMs = clock.now() + delayMs;
    if (fetch.answer.kind === 'refused' && isRemote(fn)) {
      const message = `${fetch.answer.message} It is tried again after ${describeSeconds(delayMs)}.`;
      fetch.answer = { ...fetch.answer, message };
    }
  }

  async #wait(fetch: Fetch, signal: AbortSignal | undefined): Promise<void> {
    const enough = Promise.withResolvers<undefined>();
    const stop = (): void => {
      enough.resolve(undefined);
    };
    const timer = this.#deps.clock.after(QUICK_MS, stop);
    signal?.addEventListener('abort', stop);
    fetch.isAwaited = true;
    await Promise.race([fetch.running, enough.promise]);
    fetch.isAwaited = false;
    timer.cancel();
    signal?.removeEventListener('abort', stop);
  }
}

/** 10 s after the first failure, 20 s after the second, at most five minutes. */
function computeRetryMs(fn: FunctionResource, failures: number): number {
  const longestMs = isRemote(fn) ? LONGEST_RETRY_MS : LONGEST_LOCAL_RETRY_MS;
  return Math.min(FIRST_RETRY_MS * 2 ** failures, longestMs);
}

function isRemote({ spec }: FunctionResource): boolean {
  const { zip, image } = spec.code;
  return [zip?.url, zip?.s3, zip?.oci, image].some((place) => place !== undefined);
}

function isQuick({ spec }: FunctionResource): boolean {
  return spec.code.inline !== undefined || spec.code.zip?.configMap !== undefined;
}

function describeSeconds(ms: number): string {
  return `${(ms / 1000).toString()} seconds`;
}
