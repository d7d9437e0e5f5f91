import type { ObjectState, OperatorMessage } from '@mayfly/core';

/** What asking needs: the gateways that have a link. */
export interface ConfirmationsDeps {
  readonly connected: () => Iterable<string>;
  readonly send: (gatewayId: string, message: OperatorMessage) => void;
}

interface Question {
  readonly state: ObjectState;
  readonly asked: Set<string>;
  readonly confirmed: Set<string>;
}

/** Which states of objects all gateways follow. A gateway without a link is not waited for: it is no home either. */
export class Confirmations {
  readonly #deps: ConfirmationsDeps;
  readonly #questions = new Map<string, Question>();
  readonly #listeners: ((state: ObjectState) => void)[] = [];

  constructor(deps: ConfirmationsDeps) {
    this.#deps = deps;
  }

  /** Calls back when every gateway follows a state that was asked for. */
  onConfirmed(listener: (state: ObjectState) => void): void {
    this.#listeners.push(listener);
  }

  /** True when every gateway follows that state. If not, those that have not said so are asked. */
  isConfirmed(state: ObjectState): boolean {
    const question = this.#questionOf(state);
    for (const gatewayId of this.#deps.connected()) {
      if (question.asked.has(gatewayId)) continue;
      question.asked.add(gatewayId);
      this.#deps.send(gatewayId, { kind: 'confirm', state });
    }
    return this.#isAnswered(question);
  }

  /** A gateway says that it follows a state. */
  note(gatewayId: string, state: ObjectState): void {
    const question = this.#questions.get(idOf(state));
    if (question === undefined || !isAnswer(state, question.state)) return;
    question.confirmed.add(gatewayId);
    this.#tell(question);
  }

  /** Its link is new: what it was asked before is lost. */
  onConnected(gatewayId: string): void {
    for (const { state, asked, confirmed } of this.#questions.values()) {
      if (confirmed.has(gatewayId)) continue;
      asked.add(gatewayId);
      this.#deps.send(gatewayId, { kind: 'confirm', state });
    }
  }

  /** Nobody waits for it any more. */
  onDisconnected(gatewayId: string): void {
    for (const question of [...this.#questions.values()]) {
      question.asked.delete(gatewayId);
      question.confirmed.delete(gatewayId);
      this.#tell(question);
    }
  }

  /** The object is gone. */
  forget(of: Omit<ObjectState, 'generation'>): void {
    this.#questions.delete(idOf(of));
  }

  #questionOf(state: ObjectState): Question {
    const known = this.#questions.get(idOf(state));
    if (known !== undefined && isAnswer(known.state, state)) return known;
    const question = { state, asked: new Set<string>(), confirmed: new Set<string>() };
    this.#questions.set(idOf(state), question);
    return question;
  }

  #isAnswered({ confirmed }: Question): boolean {
    return [...this.#deps.connected()].every((gatewayId) => confirmed.has(gatewayId));
  }

  #tell(question: Question): void {
    if (!this.#isAnswered(question)) return;
    for (const listener of this.#listeners) listener(question.state);
  }
}

/** Who follows `state` follows `asked`. */
function isAnswer(state: ObjectState, asked: ObjectState): boolean {
  return state.generation >= asked.generation && state.content === asked.content;
}

function idOf({ kind, namespace, name }: Omit<ObjectState, 'generation'>): string {
  return `${kind}/${namespace}/${name}`;
}
