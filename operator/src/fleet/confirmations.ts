import type { Clock, ObjectState, OperatorMessage } from '@mayfly/core';

/** What asking needs: the gateways that have a link. */
export interface ConfirmationsDeps {
  readonly connected: () => Iterable<string>;
  /** Whether these are all that there are: before, nothing is confirmed. */
  readonly isSettled: () => boolean;
  readonly send: (gatewayId: string, message: OperatorMessage) => void;
  readonly clock: Pick<Clock, 'now'>;
}

interface Question {
  readonly state: ObjectState;
  /** When it was asked first. */
  readonly sinceMs: number;
  /** When each gateway was asked last. */
  readonly askedMs: Map<string, number>;
  readonly confirmed: Set<string>;
  /** All have answered, and that was told. */
  isOver: boolean;
}

/** A gateway that has not answered for so long is asked once more, and named. */
const SILENT_MS = 10_000;

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
    const nowMs = this.#deps.clock.now();
    for (const gatewayId of this.#unanswered(question)) {
      const askedMs = question.askedMs.get(gatewayId) ?? -Infinity;
      if (nowMs - askedMs >= SILENT_MS) this.#ask(gatewayId, question);
    }
    question.isOver = this.#isAnswered(question);
    return question.isOver;
  }

  /** The gateways that were asked for that object long ago and have not answered. */
  silent(of: Omit<ObjectState, 'generation'>): readonly string[] {
    const question = this.#questions.get(idOf(of));
    if (question === undefined) return [];
    const isLongAgo = this.#deps.clock.now() - question.sinceMs >= SILENT_MS;
    return isLongAgo ? this.#unanswered(question).sort() : [];
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
    for (const question of this.#questions.values()) {
      if (!question.isOver && !question.confirmed.has(gatewayId)) this.#ask(gatewayId, question);
    }
  }

  /** Nobody waits for it any more. */
  onDisconnected(gatewayId: string): void {
    for (const question of [...this.#questions.values()]) {
      question.askedMs.delete(gatewayId);
      question.confirmed.delete(gatewayId);
      this.#tell(question);
    }
  }

  /** From now on the gateways that have a link are all that there are. */
  onSettled(): void {
    for (const question of [...this.#questions.values()]) this.#tell(question);
  }

  /** The object is gone. */
  forget(of: Omit<ObjectState, 'generation'>): void {
    this.#questions.delete(idOf(of));
  }

  #questionOf(state: ObjectState): Question {
    const known = this.#questions.get(idOf(state));
    // One that is lower is of another object of the same name.
    const isSame = known?.state.generation === state.generation;
    if (isSame && known.state.content === state.content) return known;
    const question: Question = {
      state,
      sinceMs: this.#deps.clock.now(),
      askedMs: new Map(),
      confirmed: new Set(),
      isOver: false,
    };
    this.#questions.set(idOf(state), question);
    return question;
  }

  #ask(gatewayId: string, { state, askedMs }: Question): void {
    askedMs.set(gatewayId, this.#deps.clock.now());
    this.#deps.send(gatewayId, { kind: 'confirm', state });
  }

  #unanswered({ confirmed }: Question): string[] {
    return [...this.#deps.connected()].filter((gatewayId) => !confirmed.has(gatewayId));
  }

  #isAnswered(question: Question): boolean {
    return this.#deps.isSettled() && this.#unanswered(question).length === 0;
  }

  /** Once: gateways that come and go later are no news of what was confirmed. */
  #tell(question: Question): void {
    if (question.isOver || !this.#isAnswered(question)) return;
    question.isOver = true;
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
