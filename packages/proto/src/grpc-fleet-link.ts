import { status } from '@grpc/grpc-js';
import type { Clock, FleetLink, GatewayHello, GatewayMessage, OperatorMessage } from '@mayfly/core';
import { DEFAULT_MAX_BUFFERED_FRAMES } from './connect-method.ts';
import { GatewayConnection } from './gateway-connection.ts';
import type { LinkLogger } from './link-logger.ts';
import type { TlsSource } from './tls.ts';

const FIRST_BACK_OFF_MS = 100;
const MAX_BACK_OFF_MS = 2_000;

/** What the gateway's end of the link needs. */
export interface GrpcFleetLinkDeps {
  readonly clock: Clock;
  /** From 0 to 1: spreads the attempts of many gateways. */
  readonly random: () => number;
  readonly logger: LinkLogger;
  readonly tls: TlsSource;
}

/** Where the operator is. */
export interface GrpcFleetLinkOptions {
  /** `host:port`; the name is resolved anew at every attempt. */
  readonly target: string;
  /** Name in the operator's certificate. Default: the host of `target`. */
  readonly serverName?: string;
  /** With more frames that the operator does not read, the link is broken. Default: 10,000. */
  readonly maxBufferedFrames?: number;
}

/** The gateway's end of the link, over gRPC and mutual TLS. */
export class GrpcFleetLink implements FleetLink {
  readonly #deps: GrpcFleetLinkDeps;
  readonly #options: GrpcFleetLinkOptions;
  readonly #listeners = new Set<(message: OperatorMessage) => void>();
  #connection: GatewayConnection | undefined;
  #isClosed = false;
  #closing: Promise<void> | undefined;
  #failures = 0;

  constructor(deps: GrpcFleetLinkDeps, options: GrpcFleetLinkOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  get isOpen(): boolean {
    return !this.#isClosed && this.#connection?.isOpen === true;
  }

  open(makeHello: () => GatewayHello): void {
    if (this.#isClosed || this.#connection !== undefined) return;
    try {
      this.#connection = this.#connect(makeHello);
    } catch (err) {
      this.#deps.logger.warn({ err }, 'connecting to the operator failed');
    }
    if (this.#connection === undefined) this.#openLater(makeHello, status.UNAVAILABLE);
  }

  send(message: GatewayMessage): void {
    if (!this.#isClosed) this.#connection?.send(message);
  }

  onMessage(listener: (message: OperatorMessage) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#closing ??= this.#connection?.close() ?? Promise.resolve();
    return this.#closing;
  }

  #connect(makeHello: () => GatewayHello): GatewayConnection | undefined {
    const { clock, logger, tls } = this.#deps;
    const { target, serverName, maxBufferedFrames = DEFAULT_MAX_BUFFERED_FRAMES } = this.#options;
    const material = tls.current();
    if (material === undefined) return undefined;
    return new GatewayConnection({
      clock,
      logger,
      target,
      serverName,
      material,
      maxBufferedFrames,
      makeHello,
      onOpen: () => {
        this.#failures = 0;
        logger.info({ target }, 'linked to the operator');
      },
      onMessage: (message) => {
        for (const listener of this.#listeners) listener(message);
      },
      onEnd: ({ code, message }) => {
        const isFirst = this.#failures === 0;
        if (isFirst) logger.warn({ target, code: status[code], reason: message }, 'no link');
        this.#connection = undefined;
        this.#openLater(makeHello, code);
      },
    });
  }

  #openLater(makeHello: () => GatewayHello, code: status): void {
    // ABORTED: another gateway has our name. Both would throw each other out as fast as they can.
    const isReplaced = code === status.ABORTED;
    const backOffMs = isReplaced ? MAX_BACK_OFF_MS : FIRST_BACK_OFF_MS * 2 ** this.#failures;
    if (backOffMs < MAX_BACK_OFF_MS) this.#failures += 1;
    const delayMs = Math.min(backOffMs, MAX_BACK_OFF_MS) * (0.5 + this.#deps.random() / 2);
    this.#deps.clock.after(delayMs, () => {
      this.open(makeHello);
    });
  }
}
