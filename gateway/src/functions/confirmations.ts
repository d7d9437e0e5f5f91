import type { GatewayMessage, ObjectState } from '@mayfly/core';

/** Which object. */
export type ObjectName = Pick<ObjectState, 'kind' | 'namespace' | 'name'>;

/** What is followed of an object; without a generation, nothing. */
export interface Followed {
  readonly generation: number | undefined;
  /** As in `ObjectState`. */
  readonly content?: string;
}

/** What confirming needs. */
export interface ConfirmationsDeps {
  /** The generation that the operator has seen of an object, as far as we know, and what we follow of it. */
  readonly read: (of: ObjectName) => Followed;
  readonly send: (message: GatewayMessage) => void;
}

/** Tells the operator when we follow a state of an object that it asks for: at once, or when we hear of it. */
export class Confirmations {
  readonly #deps: ConfirmationsDeps;
  readonly #asked = new Map<string, ObjectState>();

  constructor(deps: ConfirmationsDeps) {
    this.#deps = deps;
  }

  /** The operator asks. */
  ask(state: ObjectState): void {
    this.#asked.set(idOf(state), state);
    this.note(state);
  }

  /** The object has changed, and what has changed is followed. */
  note(of: ObjectName): void {
    const state = this.#asked.get(idOf(of));
    if (state === undefined) return;
    const { generation, content } = this.#deps.read(of);
    if (generation === undefined || generation < state.generation) return;
    if (state.content !== undefined && state.content !== content) return;
    this.#asked.delete(idOf(of));
    this.#deps.send({ kind: 'confirmed', state });
  }

  /** The object is gone. */
  forget(of: ObjectName): void {
    this.#asked.delete(idOf(of));
  }
}

function idOf({ kind, namespace, name }: ObjectName): string {
  return `${kind}/${namespace}/${name}`;
}
