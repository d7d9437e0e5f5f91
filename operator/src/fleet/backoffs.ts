import { revisionIdOf, type RevisionKey } from '@mayfly/core';

const FIRST_MS = 500;
const LONGEST_MS = 30_000;
/** What only does not answer now is asked again soon. */
const LONGEST_TEMPORARY_MS = 2_000;
/** A failure that is this long over is forgotten. */
const MEMORY_MS = 60_000;

/** Why no execution environment of a revision could be made. */
export interface Failure {
  readonly message: string;
  /** It says nothing about the function: what makes execution environments did not answer. */
  readonly isTemporary: boolean;
}

interface Backoff extends Failure {
  readonly failures: number;
  readonly untilMs: number;
}

/** Revisions of which none could be made lately: the next try comes later, and later each time. */
export class Backoffs {
  readonly #backoffs = new Map<string, Backoff>();

  /** Those that were begun together fail together: they count as one failure. */
  note(key: RevisionKey, failure: Failure, nowMs: number): void {
    const before = this.#backoffs.get(revisionIdOf(key));
    if (before !== undefined && nowMs < before.untilMs) return;
    const failures = before?.failures ?? 0;
    // 0.5 s, 1 s, 2 s … 30 s
    const longestMs = failure.isTemporary ? LONGEST_TEMPORARY_MS : LONGEST_MS;
    const waitMs = Math.min(FIRST_MS * 2 ** failures, longestMs);
    this.#backoffs.set(revisionIdOf(key), {
      ...failure,
      failures: failures + 1,
      untilMs: nowMs + waitMs,
    });
  }

  /** One could be made. */
  clear(key: RevisionKey): void {
    this.#backoffs.delete(revisionIdOf(key));
  }

  /** The failure because of which nothing is tried now. */
  current(key: RevisionKey, nowMs: number): Failure | undefined {
    const backoff = this.#backoffs.get(revisionIdOf(key));
    return backoff !== undefined && nowMs < backoff.untilMs ? backoff : undefined;
  }

  /** Before this moment nothing is tried. */
  notBeforeMs(key: RevisionKey): number {
    return this.#backoffs.get(revisionIdOf(key))?.untilMs ?? 0;
  }

  /** Forgets what nobody has tried for long. */
  sweep(nowMs: number): void {
    for (const [id, { untilMs }] of this.#backoffs) {
      if (nowMs >= untilMs + MEMORY_MS) this.#backoffs.delete(id);
    }
  }
}
