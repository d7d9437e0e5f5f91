import { functionIdOf, type RevisionKey } from '@mayfly/core';

/** More are forgotten, oldest first: nobody forwards an invocation of a revision that old. */
const MOST_FUNCTIONS = 1000;
const MOST_REVISIONS = 20;

/**
 * Which revisions are no longer served. An invocation that comes from another gateway may name a revision that
 * we have not heard of yet, which is good, or one that we know to be over, which nobody makes execution
 * environments for any more.
 */
export class RevisionSuccession {
  readonly #over = new Map<string, Set<string>>();

  /** `from` is served no longer; `to` is served now, again maybe. */
  note(from: RevisionKey, to: RevisionKey | undefined): void {
    const functionId = functionIdOf(from);
    const over = this.#over.get(functionId) ?? new Set();
    // To the end: the youngest.
    this.#over.delete(functionId);
    this.#over.set(functionId, over.add(from.revision));
    if (to !== undefined) over.delete(to.revision);
    forgetOldest(over, MOST_REVISIONS);
    forgetOldest(this.#over, MOST_FUNCTIONS);
  }

  isOver(key: RevisionKey): boolean {
    if (this.#over.size === 0) return false;
    return this.#over.get(functionIdOf(key))?.has(key.revision) === true;
  }
}

function forgetOldest(
  from: { readonly size: number; keys(): Iterable<string>; delete(key: string): boolean },
  most: number,
): void {
  if (from.size <= most) return;
  for (const oldest of from.keys()) {
    from.delete(oldest);
    return;
  }
}
