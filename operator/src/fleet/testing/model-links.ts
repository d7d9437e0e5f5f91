import type {
  FleetLinkServer,
  GatewayEvent,
  GatewayHello,
  GatewayMessage,
  OperatorMessage,
} from '@mayfly/core';

/** A link as it is between two that are far apart: what is said arrives later, in order, or never. */
export class ModelLink {
  readonly up: (
    | { readonly kind: 'hello'; readonly hello: GatewayHello }
    | { readonly kind: 'message'; readonly message: GatewayMessage }
  )[] = [];
  readonly down: OperatorMessage[] = [];
  isBroken = false;

  break(): void {
    this.isBroken = true;
    this.up.length = 0;
    this.down.length = 0;
  }
}

/** The end of all links at one operator. Another operator has another one. */
export class ModelLinkServer implements FleetLinkServer {
  readonly #links = new Map<string, ModelLink>();
  #listener: (event: GatewayEvent) => void = () => undefined;
  isClosed = false;
  sent = 0;
  heard = 0;

  send(gatewayId: string, message: OperatorMessage): void {
    const link = this.#links.get(gatewayId);
    if (link === undefined || link.isBroken || this.isClosed) return;
    this.sent += 1;
    link.down.push(message);
  }

  onEvent(listener: (event: GatewayEvent) => void): () => void {
    this.#listener = listener;
    return () => {
      this.#listener = () => undefined;
    };
  }

  /** The oldest thing that is on its way to the operator arrives. */
  hear(gatewayId: string, link: ModelLink): void {
    const said = link.up.shift();
    if (said === undefined || this.isClosed) return;
    this.heard += 1;
    if (said.kind === 'hello') {
      // A second link of the same gateway ends the first, and nobody is told that it has.
      this.#links.get(gatewayId)?.break();
      this.#links.set(gatewayId, link);
      this.#listener({ kind: 'connected', hello: said.hello });
    } else if (this.#links.get(gatewayId) === link) {
      this.#listener({ kind: 'message', gatewayId, message: said.message });
    }
  }

  /** The operator finds out that a link has broken. */
  notice(gatewayId: string): void {
    if (this.#links.get(gatewayId)?.isBroken !== true) return;
    this.#links.delete(gatewayId);
    this.#listener({ kind: 'disconnected', gatewayId });
  }
}
