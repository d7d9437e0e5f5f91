import type { FleetLink, FleetLinkServer, GatewayMessage, OperatorMessage } from '@mayfly/core';

/** Both ends of a link inside one process. */
export interface InProcessFleetLink {
  readonly gateway: FleetLink;
  readonly operator: FleetLinkServer;
}

/**
 * Joins a gateway and an operator of the same process. Messages arrive in order, after the sender's own
 * work is done: as over a network, nobody is called back while it is sending.
 */
export function makeInProcessFleetLink(): InProcessFleetLink {
  const toGateway = new Channel<OperatorMessage>();
  const toOperator = new Channel<GatewayMessage>();
  return {
    gateway: {
      send: (message) => {
        toOperator.send(message);
      },
      onMessage: (listener) => toGateway.onMessage(listener),
    },
    operator: {
      send: (message) => {
        toGateway.send(message);
      },
      onMessage: (listener) => toOperator.onMessage(listener),
    },
  };
}

/** One direction. What is sent before anybody listens is kept, as a connection that is being made would. */
class Channel<Message> {
  readonly #listeners = new Set<(message: Message) => void>();
  #pending: Message[] = [];
  #isScheduled = false;

  send(message: Message): void {
    this.#pending.push(message);
    this.#schedule();
  }

  onMessage(listener: (message: Message) => void): () => void {
    this.#listeners.add(listener);
    this.#schedule();
    return () => this.#listeners.delete(listener);
  }

  #schedule(): void {
    if (this.#isScheduled || this.#listeners.size === 0 || this.#pending.length === 0) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      const messages = this.#pending;
      this.#pending = [];
      for (const message of messages) {
        for (const listener of this.#listeners) listener(message);
      }
      this.#schedule();
    });
  }
}
