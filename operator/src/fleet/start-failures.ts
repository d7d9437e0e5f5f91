import { revisionIdOf, type RevisionKey } from '@mayfly/core';

/** Why no execution environment could be made, or its init phase failed. */
export interface StartFailure {
  readonly reason: string;
  readonly message: string;
}

/** Revisions whose last start failed. */
export class StartFailures {
  readonly #failures = new Map<string, StartFailure>();

  note(key: RevisionKey, { reason, message }: StartFailure): void {
    this.#failures.set(revisionIdOf(key), { reason, message });
  }

  /** One could be started. */
  clear(key: RevisionKey): void {
    this.#failures.delete(revisionIdOf(key));
  }

  of(key: RevisionKey): StartFailure | undefined {
    return this.#failures.get(revisionIdOf(key));
  }

  /** Forgets the revisions of the function that are served no longer. */
  retain(functionId: string, revisions: Pick<ReadonlySet<string>, 'has'>): void {
    for (const id of this.#failures.keys()) {
      const isOfFunction = id.startsWith(`${functionId}/`);
      if (isOfFunction && !revisions.has(id.slice(functionId.length + 1)))
        this.#failures.delete(id);
    }
  }
}
