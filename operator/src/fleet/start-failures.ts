import { functionIdOf, type RevisionKey } from '@mayfly/core';

/** Why no execution environment could be made, or its init phase failed. */
export interface StartFailure {
  readonly reason: string;
  readonly message: string;
}

/** Functions whose last start failed. Of another revision than failed nothing is known. */
export class StartFailures {
  readonly #failures = new Map<string, StartFailure & { readonly revision: string }>();

  note(key: RevisionKey, { reason, message }: StartFailure): void {
    this.#failures.set(functionIdOf(key), { reason, message, revision: key.revision });
  }

  /** One could be started, or the function is gone. */
  clear(functionId: string): void {
    this.#failures.delete(functionId);
  }

  of(functionId: string, revision: string | undefined): StartFailure | undefined {
    const failure = this.#failures.get(functionId);
    if (failure === undefined || failure.revision !== revision) return undefined;
    const { reason, message } = failure;
    return { reason, message };
  }
}
