import { type Client, connectivityState } from '@grpc/grpc-js';
import { type Clock, CodeStoreUnavailableError } from '@mayfly/core';
import { makeOperatorClient } from './operator-client.ts';
import type { TlsMaterial, TlsSource } from './tls.ts';

/** How the leading operator is reached. */
export interface OperatorClientsDeps {
  readonly clock: Clock;
  readonly tls: TlsSource;
  /** `host:port`; the name is resolved anew for every connection. */
  readonly target: string;
  readonly serverName: string | undefined;
}

/** A connection for one call. */
export interface ClientLease {
  readonly client: Client;
  /** Must be called once. Nobody gets a connection again on which a call broke. */
  release(isBroken: boolean): void;
}

interface Connection {
  readonly client: Client;
  readonly material: TlsMaterial;
  readonly madeMs: number;
  readonly isReady: Promise<void>;
  users: number;
  isRetired: boolean;
}

const CONNECT_TIMEOUT_MS = 3_000;
/** Calls of this time share a connection: after it another operator may lead, and certificates be newer. */
const SHARED_MS = 10_000;

/** Connections to the operator for single calls: made when they are needed, and shared while they are fresh. */
export class OperatorClients {
  readonly #deps: OperatorClientsDeps;
  #current: Connection | undefined;
  #isClosed = false;

  constructor(deps: OperatorClientsDeps) {
    this.#deps = deps;
  }

  /** @throws CodeStoreUnavailableError when nobody leads */
  async lease(): Promise<ClientLease> {
    const connection = this.#connect();
    connection.users += 1;
    const release = (isBroken: boolean): void => {
      connection.users -= 1;
      if (isBroken) this.#retire(connection);
      closeIfUnused(connection);
    };
    try {
      await connection.isReady;
    } catch (cause) {
      release(true);
      throw new CodeStoreUnavailableError('connecting to the operator', { cause });
    }
    return { client: connection.client, release };
  }

  /** Ends what is unused now, and what is in use after its use. */
  close(): void {
    this.#isClosed = true;
    if (this.#current !== undefined) this.#retire(this.#current);
  }

  #connect(): Connection {
    const { clock, tls, target, serverName } = this.#deps;
    const material = this.#isClosed ? undefined : tls.current();
    if (material === undefined) throw new CodeStoreUnavailableError('there is no certificate yet');
    const known = this.#current;
    const isFresh = known !== undefined && clock.now() < known.madeMs + SHARED_MS;
    if (isFresh && known.material === material) return known;
    if (known !== undefined) this.#retire(known);
    const client = makeOperatorClient({ target, serverName, material });
    this.#current = {
      ...{ client, material, madeMs: clock.now() },
      ...{ isReady: awaitReady(client), users: 0, isRetired: false },
    };
    return this.#current;
  }

  #retire(connection: Connection): void {
    connection.isRetired = true;
    if (this.#current === connection) this.#current = undefined;
    closeIfUnused(connection);
  }
}

function closeIfUnused({ client, users, isRetired }: Connection): void {
  if (isRetired && users === 0) client.close();
}

function awaitReady(client: Client): Promise<void> {
  const channel = client.getChannel();
  const deadline = new Date(Date.now() + CONNECT_TIMEOUT_MS);
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const look = (): void => {
    const state = channel.getConnectivityState(true);
    if (state === connectivityState.READY) {
      resolve(undefined);
    } else if (state === connectivityState.TRANSIENT_FAILURE) {
      reject(new Error('no connection to the operator'));
    } else {
      channel.watchConnectivityState(state, deadline, (error) => {
        if (error === undefined) look();
        else reject(new Error('no operator answered in time'));
      });
    }
  };
  look();
  return promise;
}
