import type {
  FleetLink,
  FleetLinkServer,
  GatewayEvent,
  GatewayHello,
  GatewayMessage,
  OperatorMessage,
} from '@mayfly/core';

/** Both ends of the links inside one process. */
export interface InProcessFleetLink {
  readonly gateway: FleetLink;
  readonly operator: FleetLinkServer;
  /** The end of one more gateway. */
  makeGateway(): FleetLink;
  /** Breaks every link; none is made until `mend`. */
  cut(): void;
  mend(): void;
}

/**
 * Joins gateways and an operator of the same process. An operator is there while somebody listens to its
 * events. Messages arrive in order, after the sender's own work is done: as over a network, nobody is called
 * back while it is sending. Unlike over a network a gateway whose link was replaced does not come again.
 */
export function makeInProcessFleetLink(): InProcessFleetLink {
  const operator = new OperatorEnd();
  const makeGateway = (): FleetLink => new GatewayEnd(operator);
  return {
    gateway: makeGateway(),
    operator,
    makeGateway,
    cut: () => {
      operator.cut();
    },
    mend: () => {
      operator.mend();
    },
  };
}

class OperatorEnd implements FleetLinkServer {
  readonly #listeners = new Set<(event: GatewayEvent) => void>();
  /** Gateways that want a link. */
  readonly #callers = new Set<GatewayEnd>();
  readonly #linked = new Map<string, GatewayEnd>();
  #isCut = false;

  send(gatewayId: string, message: OperatorMessage): void {
    this.#linked.get(gatewayId)?.receive(message);
  }

  onEvent(listener: (event: GatewayEvent) => void): () => void {
    this.#listeners.add(listener);
    this.#connectAll();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#breakLinks();
    };
  }

  cut(): void {
    this.#isCut = true;
    this.#breakLinks();
  }

  mend(): void {
    this.#isCut = false;
    this.#connectAll();
  }

  /** The gateway wants a link from now on. */
  call(gateway: GatewayEnd): void {
    this.#callers.add(gateway);
    queueMicrotask(() => {
      this.#connect(gateway);
    });
  }

  hangUp(gateway: GatewayEnd): void {
    this.#callers.delete(gateway);
    this.#unlink(gateway);
  }

  take(gateway: GatewayEnd, message: GatewayMessage): void {
    const { gatewayId } = gateway;
    if (gatewayId !== undefined) this.#emit({ kind: 'message', gatewayId, message });
  }

  #connectAll(): void {
    for (const gateway of this.#callers) this.call(gateway);
  }

  #connect(gateway: GatewayEnd): void {
    const isWanted = this.#callers.has(gateway) && !gateway.isOpen;
    if (!isWanted || this.#isCut || this.#listeners.size === 0) return;
    const hello = gateway.greet();
    const replaced = this.#linked.get(hello.gatewayId);
    if (replaced !== undefined) {
      this.#callers.delete(replaced);
      replaced.gatewayId = undefined;
    }
    gateway.gatewayId = hello.gatewayId;
    this.#linked.set(hello.gatewayId, gateway);
    this.#emit({ kind: 'connected', hello });
  }

  #breakLinks(): void {
    for (const gateway of [...this.#linked.values()]) this.#unlink(gateway);
  }

  #unlink(gateway: GatewayEnd): void {
    const { gatewayId } = gateway;
    if (gatewayId === undefined) return;
    gateway.gatewayId = undefined;
    this.#linked.delete(gatewayId);
    this.#emit({ kind: 'disconnected', gatewayId });
  }

  #emit(event: GatewayEvent): void {
    const listeners = [...this.#listeners];
    queueMicrotask(() => {
      for (const listener of listeners) if (this.#listeners.has(listener)) listener(event);
    });
  }
}

class GatewayEnd implements FleetLink {
  readonly #operator: OperatorEnd;
  readonly #listeners = new Set<(message: OperatorMessage) => void>();
  #makeHello: (() => GatewayHello) | undefined;
  /** Set by the operator's end while there is a link. */
  gatewayId: string | undefined;

  constructor(operator: OperatorEnd) {
    this.#operator = operator;
  }

  get isOpen(): boolean {
    return this.gatewayId !== undefined;
  }

  open(makeHello: () => GatewayHello): void {
    this.#makeHello = makeHello;
    this.#operator.call(this);
  }

  greet(): GatewayHello {
    if (this.#makeHello === undefined) throw new Error('the link was not opened');
    return this.#makeHello();
  }

  send(message: GatewayMessage): void {
    this.#operator.take(this, message);
  }

  receive(message: OperatorMessage): void {
    queueMicrotask(() => {
      if (!this.isOpen) return;
      for (const listener of this.#listeners) listener(message);
    });
  }

  onMessage(listener: (message: OperatorMessage) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    this.#operator.hangUp(this);
    return Promise.resolve();
  }
}
