import type { GatewayMessage, ObjectState } from '@mayfly/core';

/** What confirming needs. */
export interface ConfirmationsDeps {
  /** The generation that the operator has seen of an object, as far as we know; undefined: there is no such object. */
  readonly readGeneration: (of: Omit<ObjectState, 'generation'>) => number | undefined;
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
  note(of: Omit<ObjectState, 'generation'>): void {
    const state = this.#asked.get(idOf(of));
    if (state === undefined) return;
    const generation = this.#deps.readGeneration(of);
    if (generation === undefined || generation < state.generation) return;
    this.#asked.delete(idOf(of));
    this.#deps.send({ kind: 'confirmed', state });
  }

  /** The object is gone. */
  forget(of: Omit<ObjectState, 'generation'>): void {
    this.#asked.delete(idOf(of));
  }
}

function idOf({ kind, namespace, name }: Omit<ObjectState, 'generation'>): string {
  return `${kind}/${namespace}/${name}`;
}
