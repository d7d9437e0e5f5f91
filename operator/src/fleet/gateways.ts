import {
  findHomes,
  type FleetLinkServer,
  type FunctionSpread,
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
  #spread: ReadonlyMap<string, number> = new Map();
  #isSettled = false;

  constructor(link: Pick<FleetLinkServer, 'send'>) {
    this.#link = link;
  }

  connect({ gatewayId, address, isDraining, spread = [] }: GatewayHello): void {
    this.#connected.set(gatewayId, { member: { gatewayId, address }, isDraining });
    // First: it must not be told of a while in which its functions have one home.
    const isKnown = isEqualSpread(
      new Map(spread.map((s) => [s.functionId, s.homes])),
      this.#spread,
    );
    if (this.#isSettled && !isKnown) this.send(gatewayId, this.#spreadMessage());
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
    if (this.#spread.size > 0) this.broadcast(this.#spreadMessage());
    this.#announce();
  }

  /** Ids of those that have a link. */
  connected(): Iterable<string> {
    return this.#connected.keys();
  }

  /** How many homes functions have that have more than one. False when nothing has changed. */
  setSpread(spread: ReadonlyMap<string, number>): boolean {
    if (isEqualSpread(spread, this.#spread)) return false;
    this.#spread = spread;
    if (this.#isSettled) this.broadcast(this.#spreadMessage());
    return true;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Connected, and not about to stop. */
  isServing(gatewayId: string | undefined): boolean {
    return this.#serving.some((gateway) => gateway.gatewayId === gatewayId);
  }

  /** Those that can be homes. */
  get serving(): readonly GatewayMember[] {
    return this.#serving;
  }

  /** The homes of a function, in the order in which they become it. Empty while nobody has a home. */
  homesOf(functionId: string): readonly string[] {
    if (!this.#isSettled) return [];
    const count = this.#spread.get(functionId) ?? 1;
    return findHomes(functionId, this.#serving, count).map(({ gatewayId }) => gatewayId);
  }

  send(gatewayId: string, message: OperatorMessage): void {
    this.#link.send(gatewayId, message);
  }

  broadcast(message: OperatorMessage): void {
    for (const gatewayId of this.#connected.keys()) this.#link.send(gatewayId, message);
  }

  #spreadMessage(): OperatorMessage {
    const functions: FunctionSpread[] = [...this.#spread].map(([functionId, homes]) => ({
      functionId,
      homes,
    }));
    return { kind: 'spread', functions };
  }

  #announce(): void {
    this.#serving = [...this.#connected.values()]
      .filter(({ isDraining }) => !isDraining)
      .map(({ member }) => member);
    if (this.#isSettled) this.broadcast({ kind: 'members', gateways: this.#serving });
  }
}

function isEqualSpread(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  return a.size === b.size && [...a].every(([functionId, homes]) => b.get(functionId) === homes);
}
