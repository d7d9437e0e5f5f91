import { Server, type ServerDuplexStream, status } from '@grpc/grpc-js';
import type {
  Clock,
  CodeMirror,
  CodeUploads,
  FleetLinkServer,
  GatewayEvent,
  GatewayHello,
  OperatorMessage,
} from '@mayfly/core';
import {
  CONNECT_METHOD,
  DEFAULT_MAX_BUFFERED_FRAMES,
  KEEPALIVE_OPTIONS,
} from './connect-method.ts';
import type { ConnectRequest, ConnectResponse } from './generated/fleet-link_pb.ts';
import type { LinkLogger } from './link-logger.ts';
import { OperatorSession } from './operator-session.ts';
import { serveCode } from './serve-code.ts';
import { serveMirror } from './serve-mirror.ts';
import { makeServerCredentials, type TlsSource } from './tls.ts';

/** What the operator's end needs. */
export interface GrpcFleetLinkServerDeps {
  readonly clock: Clock;
  readonly logger: LinkLogger;
  /** With more frames that a gateway does not read, its link is broken. Default: 10,000. */
  readonly maxBufferedFrames?: number;
  /** Where archives of gateways go. Default: they are sent away. */
  readonly codeUploads?: CodeUploads;
  /** What other operators mirror. Default: nothing. */
  readonly codeMirror?: CodeMirror | undefined;
}

/** Where an operator listens once it leads. */
export interface ListenOptions {
  readonly host: string;
  /** 0 takes any. */
  readonly port: number;
  readonly tls: TlsSource;
}

/** The operator's end of the links, over gRPC and mutual TLS. Links exist between `listen` and `close`. */
export class GrpcFleetLinkServer implements FleetLinkServer {
  readonly #deps: GrpcFleetLinkServerDeps;
  readonly #listeners = new Set<(event: GatewayEvent) => void>();
  readonly #linked = new Map<string, OperatorSession>();
  #server: Server | undefined;

  constructor(deps: GrpcFleetLinkServerDeps) {
    this.#deps = deps;
  }

  /** Begins to take links; gives back the port. May be called again after `close`. */
  async listen({ host, port, tls }: ListenOptions): Promise<number> {
    if (this.#server !== undefined) throw new Error('the fleet link listens already');
    const server = new Server(KEEPALIVE_OPTIONS);
    this.#server = server;
    server.addService(
      { connect: CONNECT_METHOD },
      {
        connect: (call: ServerDuplexStream<ConnectRequest, ConnectResponse>) => {
          this.#takeCall(call);
        },
      },
    );
    const { codeUploads, codeMirror, logger } = this.#deps;
    if (codeUploads !== undefined) serveCode(server, codeUploads, logger);
    if (codeMirror !== undefined) serveMirror(server, codeMirror, logger);
    const address = host.includes(':') ? `[${host}]` : host;
    return new Promise((resolve, reject) => {
      server.bindAsync(`${address}:${String(port)}`, makeServerCredentials(tls), (cause, bound) => {
        if (cause === null) {
          resolve(bound);
          return;
        }
        this.#server = undefined;
        reject(new Error('listening for gateways', { cause }));
      });
    });
  }

  /** Breaks every link and frees the port. */
  close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const session of this.#linked.values()) {
      session.end(status.UNAVAILABLE, 'the operator stops');
    }
    server?.forceShutdown();
    return Promise.resolve();
  }

  send(gatewayId: string, message: OperatorMessage): void {
    this.#linked.get(gatewayId)?.send(message);
  }

  onEvent(listener: (event: GatewayEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #takeCall(call: ServerDuplexStream<ConnectRequest, ConnectResponse>): void {
    const { clock, logger, maxBufferedFrames = DEFAULT_MAX_BUFFERED_FRAMES } = this.#deps;
    const session = new OperatorSession(call, {
      clock,
      logger,
      maxBufferedFrames,
      onHello: (hello) => {
        this.#link(session, hello);
      },
      onMessage: (gatewayId, message) => {
        this.#emit({ kind: 'message', gatewayId, message });
      },
      onEnd: (gatewayId) => {
        if (this.#linked.get(gatewayId) !== session) return;
        this.#linked.delete(gatewayId);
        this.#emit({ kind: 'disconnected', gatewayId });
      },
    });
  }

  #link(session: OperatorSession, hello: GatewayHello): void {
    const replaced = this.#linked.get(hello.gatewayId);
    this.#linked.set(hello.gatewayId, session);
    replaced?.end(status.ABORTED, 'the gateway has come a second time');
    this.#emit({ kind: 'connected', hello });
  }

  #emit(event: GatewayEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
