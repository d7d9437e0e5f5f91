import { functionIdOf, type RevisionKey } from '@mayfly/core';

/** Why no execution environment could be made, or its init phase failed. */
export interface StartFailure {
  readonly reason: string;
  readonly message: string;
}

/** Revisions whose last start failed. */
export class StartFailures {
  /** By function, then by revision. */
  readonly #failures = new Map<string, Map<string, StartFailure>>();
  readonly #listeners: ((key: RevisionKey) => void)[] = [];

  /** Calls back with every revision of which there is something else to say. */
  onChange(listener: (key: RevisionKey) => void): void {
    this.#listeners.push(listener);
  }

  note(key: RevisionKey, { reason, message }: StartFailure): void {
    const known = this.of(key);
    if (known?.reason === reason && known.message === message) return;
    const id = functionIdOf(key);
    const failures = this.#failures.get(id) ?? new Map<string, StartFailure>();
    this.#failures.set(id, failures.set(key.revision, { reason, message }));
    this.#tell(key);
  }

  /** One could be started. */
  clear(key: RevisionKey): void {
    const id = functionIdOf(key);
    const failures = this.#failures.get(id);
    if (failures?.delete(key.revision) !== true) return;
    if (failures.size === 0) this.#failures.delete(id);
    this.#tell(key);
  }

  of(key: RevisionKey): StartFailure | undefined {
    return this.#failures.get(functionIdOf(key))?.get(key.revision);
  }

  /** Forgets the revisions of the function that are served no longer. */
  retain(functionId: string, revisions: Pick<ReadonlySet<string>, 'has'>): void {
    const failures = this.#failures.get(functionId);
    for (const revision of failures?.keys() ?? []) {
      if (!revisions.has(revision)) failures?.delete(revision);
    }
    if (failures?.size === 0) this.#failures.delete(functionId);
  }

  #tell(key: RevisionKey): void {
    for (const listener of this.#listeners) listener(key);
  }
}
