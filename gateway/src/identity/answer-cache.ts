import type { Clock } from '@mayfly/core';

/** How long answers are good. */
export interface AnswerCacheOptions<T> {
  readonly clock: Clock;
  /** For so long an answer is given without another question. In its second half it is asked for again, aside. */
  readonly freshForMs: (answer: T) => number;
  /** Told when there is no answer, at most once for each pause. */
  readonly onError: (error: unknown) => void;
}

interface Entry<T> {
  readonly answer: T;
  readonly answeredAtMs: number;
  askAgainAtMs: number;
  /** The last question had no answer: nobody waits for the next one. */
  isSilent: boolean;
}

/** While nobody answers, the last known answers are given for so long. */
const KEPT_FOR_MS = 300_000;
/** Pause after a question without an answer. */
const RETRY_MS = 2000;
const MAX_ENTRIES = 10_000;
/** Questions on their way: a flood of tokens that nobody knows must not become one of the API server. */
const MAX_ASKING = 200;

/**
 * Remembers what somebody far away has answered. What is asked for all the time is renewed aside, so that nobody waits; and
 * while there is no answer the last known one holds for 5 minutes, so that a warm invocation needs nobody else.
 */
export class AnswerCache<T> {
  readonly #options: AnswerCacheOptions<T>;
  readonly #entries = new Map<string, Entry<T>>();
  readonly #asking = new Map<string, Promise<T>>();

  constructor(options: AnswerCacheOptions<T>) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /**
   * The answer that is known, or else the one that `ask` gets.
   * @throws what `ask` throws, when no answer is known
   */
  async get(key: string, ask: () => Promise<T>): Promise<T> {
    const nowMs = this.#options.clock.now();
    const entry = this.#entries.get(key);
    if (entry === undefined || nowMs - entry.answeredAtMs >= KEPT_FOR_MS) {
      return this.#ask(key, ask);
    }
    if (nowMs < entry.askAgainAtMs) return entry.answer;
    const asking = this.#ask(key, ask);
    const isFresh = nowMs - entry.answeredAtMs < this.#options.freshForMs(entry.answer);
    if (isFresh || entry.isSilent) {
      asking.catch(() => undefined);
      return entry.answer;
    }
    return asking.catch(() => entry.answer);
  }

  /** One question at a time for each key. */
  #ask(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#asking.get(key);
    if (known !== undefined) return known;
    if (this.#asking.size >= MAX_ASKING) return Promise.reject(new Error('too many wait already'));
    const askedAtMs = this.#options.clock.now();
    const asking = ask()
      .then((answer) => this.#put(key, answer, askedAtMs))
      .catch((error: unknown) => this.#noteSilence(key, error))
      .finally(() => this.#asking.delete(key));
    this.#asking.set(key, asking);
    return asking;
  }

  #put(key: string, answer: T, answeredAtMs: number): T {
    const askAgainAtMs = answeredAtMs + this.#options.freshForMs(answer) / 2;
    // As the newest one: the first of the map is the one that nobody has asked for in the longest time.
    this.#entries.delete(key);
    this.#entries.set(key, { answer, answeredAtMs, askAgainAtMs, isSilent: false });
    if (this.#entries.size > MAX_ENTRIES) {
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    return answer;
  }

  #noteSilence(key: string, error: unknown): never {
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      entry.askAgainAtMs = this.#options.clock.now() + RETRY_MS;
      entry.isSilent = true;
    }
    this.#options.onError(error);
    throw error;
  }
}
