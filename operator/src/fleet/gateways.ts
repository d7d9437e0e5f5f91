import {
  findHome,
  type FleetLinkServer,
  type GatewayHello,
  type GatewayMember,
  type OperatorMessage,
} from '@mayfly/core';

/**
 * The gateways that have a link, and whose home is where. Until it is settled, nobody has a home: an operator
 * that has just begun has not heard of every gateway yet, and must not tell some of them that the others are gone.
 */
export class Gateways {
  readonly #link: Pick<FleetLinkServer, 'send'>;
  readonly #connected = new Map<string, { member: GatewayMember; isDraining: boolean }>();
  #serving: readonly GatewayMember[] = [];
  #isSettled = false;

  constructor(link: Pick<FleetLinkServer, 'send'>) {
    this.#link = link;
  }

  connect({ gatewayId, address, isDraining }: GatewayHello): void {
    this.#connected.set(gatewayId, { member: { gatewayId, address }, isDraining });
    this.#announce();
  }

  disconnect(gatewayId: string): void {
    this.#connected.delete(gatewayId);
    this.#announce();
  }

  /** It is about to stop: no home any more, but it still holds what it runs. */
  drain(gatewayId: string): void {
    const gateway = this.#connected.get(gatewayId);
    if (gateway === undefined) return;
    gateway.isDraining = true;
    this.#announce();
  }

  /** From now on the gateways that are connected are all that there are. */
  settle(): void {
    this.#isSettled = true;
    this.#announce();
  }

  /** Ids of those that have a link. */
  connected(): Iterable<string> {
    return this.#connected.keys();
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Connected, and not about to stop. */
  isServing(gatewayId: string | undefined): boolean {
    return this.#serving.some((gateway) => gateway.gatewayId === gatewayId);
  }

  homeOf(functionId: string): string | undefined {
    return this.#isSettled ? findHome(functionId, this.#serving)?.gatewayId : undefined;
  }

  send(gatewayId: string, message: OperatorMessage): void {
    this.#link.send(gatewayId, message);
  }

  broadcast(message: OperatorMessage): void {
    for (const gatewayId of this.#connected.keys()) this.#link.send(gatewayId, message);
  }

  #announce(): void {
    this.#serving = [...this.#connected.values()]
      .filter(({ isDraining }) => !isDraining)
      .map(({ member }) => member);
    if (this.#isSettled) this.broadcast({ kind: 'members', gateways: this.#serving });
  }
}
