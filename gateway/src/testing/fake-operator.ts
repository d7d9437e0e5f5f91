import type {
  FleetLink,
  GatewayHello,
  GatewayMember,
  GatewayMessage,
  GrantedExecutionEnvironment,
  OperatorMessage,
  RevisionKey,
} from '@mayfly/core';

/** The operator's end of a link, moved by a test. */
export class FakeOperator {
  readonly received: GatewayMessage[] = [];
  readonly #listeners = new Set<(message: OperatorMessage) => void>();
  /** Called for every demand above zero. */
  onDemand: ((key: RevisionKey, queued: number) => void) | undefined;
  #granted = 0;

  readonly link: FleetLink = {
    send: (message) => {
      this.received.push(message);
      if (message.kind === 'demand' && message.queued > 0) {
        this.onDemand?.(message.key, message.queued);
      }
    },
    onMessage: (listener) => {
      this.#listeners.add(listener);
      return () => this.#listeners.delete(listener);
    },
    open: (makeHello) => {
      this.#makeHello = makeHello;
      this.connect();
    },
    isOpen: true,
    close: () => {
      this.isClosed = true;
      return Promise.resolve();
    },
  };
  readonly hellos: GatewayHello[] = [];
  isClosed = false;
  #makeHello: (() => GatewayHello) | undefined;

  /** A link begins, again maybe. */
  connect(): void {
    const hello = this.#makeHello?.();
    if (hello !== undefined) this.hellos.push(hello);
  }

  sayMembers(gateways: readonly GatewayMember[]): void {
    this.say({ kind: 'members', gateways });
  }

  say(message: OperatorMessage): void {
    for (const listener of this.#listeners) listener(message);
  }

  /** Grants an execution environment at the address; gives back its id. */
  grant(
    key: RevisionKey,
    address: string,
    more: Partial<GrantedExecutionEnvironment> = {},
  ): string {
    this.#granted += 1;
    const executionEnvironmentId = `ee-${this.#granted.toString()}`;
    this.say({
      kind: 'grant',
      executionEnvironment: {
        ...key,
        executionEnvironmentId,
        address,
        token: `token-of-${executionEnvironmentId}`,
        version: '$LATEST',
        isProvisioned: false,
        ...more,
      },
    });
    return executionEnvironmentId;
  }

  of<K extends GatewayMessage['kind']>(kind: K): readonly (GatewayMessage & { kind: K })[] {
    return this.received.filter(
      (message): message is GatewayMessage & { kind: K } => message.kind === kind,
    );
  }
}
