import {
  type Client,
  type ClientDuplexStream,
  connectivityState,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import type { Clock, GatewayHello, GatewayMessage, OperatorMessage, Timer } from '@mayfly/core';
import { CONNECT_METHOD } from './connect-method.ts';
import { makeGatewayFrame, makeHelloFrame } from './gateway-frames.ts';
import type { ConnectRequest, ConnectResponse } from './generated/fleet-link_pb.ts';
import type { LinkLogger } from './link-logger.ts';
import { readOperatorFrame } from './operator-frames.ts';
import { makeOperatorClient, type OperatorAddress } from './operator-client.ts';

const CONNECT_TIMEOUT_MS = 3_000;
const CLOSE_TIMEOUT_MS = 1_000;

/** What one connection is made with. */
export interface GatewayConnectionDeps extends OperatorAddress {
  readonly clock: Clock;
  readonly logger: LinkLogger;
  readonly maxBufferedFrames: number;
  readonly makeHello: () => GatewayHello;
  readonly onOpen: () => void;
  readonly onMessage: (message: OperatorMessage) => void;
  /** Called once, unless it was `close` that ended it. */
  readonly onEnd: (reason: { readonly code: status; readonly message: string }) => void;
}

/**
 * One connection to an operator, used once. Every one has a channel of its own: a channel that is used again
 * keeps the address of a leader that is gone, and its own opinion of when to try again.
 */
export class GatewayConnection {
  readonly #deps: GatewayConnectionDeps;
  readonly #client: Client;
  readonly #timer: Timer;
  #call: ClientDuplexStream<ConnectRequest, ConnectResponse> | undefined;
  #isAccepted = false;
  #isEnded = false;
  #onClosed: (() => void) | undefined;

  constructor(deps: GatewayConnectionDeps) {
    this.#deps = deps;
    this.#client = makeOperatorClient(deps);
    this.#timer = deps.clock.after(CONNECT_TIMEOUT_MS, () => {
      this.#end({ code: status.DEADLINE_EXCEEDED, message: 'no operator answered in time' });
    });
    this.#awaitReady();
  }

  get isOpen(): boolean {
    return this.#isAccepted && !this.#isEnded;
  }

  send(message: GatewayMessage): void {
    this.#write(makeGatewayFrame(message));
  }

  /** Lets the operator read what was sent, then ends. */
  async close(): Promise<void> {
    const call = this.#call;
    if (this.#isEnded) return;
    if (call === undefined) {
      this.#release();
      return;
    }
    await new Promise<void>((resolve) => {
      this.#onClosed = resolve;
      this.#deps.clock.after(CLOSE_TIMEOUT_MS, resolve);
      call.end();
    });
    this.#release();
  }

  #awaitReady(): void {
    const channel = this.#client.getChannel();
    const state = channel.getConnectivityState(true);
    if (state === connectivityState.READY) {
      this.#start();
      return;
    }
    if (state === connectivityState.TRANSIENT_FAILURE) {
      this.#end({ code: status.UNAVAILABLE, message: 'no connection to the operator' });
      return;
    }
    channel.watchConnectivityState(state, Infinity, () => {
      if (!this.#isEnded) this.#awaitReady();
    });
  }

  /** The hello is made when it can be sent: what happens before is in it, what happens after follows it. */
  #start(): void {
    const { path, requestSerialize, responseDeserialize } = CONNECT_METHOD;
    const call = this.#client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
    this.#call = call;
    call.on('metadata', () => {
      this.#accept();
    });
    call.on('data', (frame: ConnectResponse) => {
      this.#receive(frame);
    });
    // `status` says it, too, and also when there was no error.
    call.on('error', (_error: ServiceError) => undefined);
    call.on('status', ({ code, details }: { code: status; details: string }) => {
      this.#end({ code, message: details });
    });
    this.#write(makeHelloFrame(this.#deps.makeHello()));
  }

  #accept(): void {
    if (this.#isEnded) return;
    this.#timer.cancel();
    this.#isAccepted = true;
    this.#deps.onOpen();
  }

  #receive(frame: ConnectResponse): void {
    if (this.#isEnded || this.#onClosed !== undefined) return;
    const message = readOperatorFrame(frame);
    if (message !== undefined) this.#deps.onMessage(message);
    else this.#deps.logger.warn({}, 'ignoring a message of a newer operator');
  }

  #write(frame: ConnectRequest): void {
    const call = this.#call;
    if (call === undefined || this.#isEnded || this.#onClosed !== undefined) return;
    call.write(frame);
    if (call.writableLength > this.#deps.maxBufferedFrames) {
      this.#end({ code: status.RESOURCE_EXHAUSTED, message: 'the operator does not read' });
    }
  }

  #end(reason: { code: status; message: string }): void {
    if (this.#isEnded) return;
    const onClosed = this.#onClosed;
    this.#release();
    if (onClosed === undefined) this.#deps.onEnd(reason);
    else onClosed();
  }

  #release(): void {
    this.#isEnded = true;
    this.#timer.cancel();
    this.#call?.cancel();
    this.#client.close();
  }
}
