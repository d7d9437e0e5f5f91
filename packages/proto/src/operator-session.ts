import { Metadata, type ServerDuplexStream, status } from '@grpc/grpc-js';
import type { Clock, GatewayHello, GatewayMessage, OperatorMessage, Timer } from '@mayfly/core';
import { readGatewayFrame } from './gateway-frames.ts';
import type { ConnectRequest, ConnectResponse } from './generated/fleet-link_pb.ts';
import type { LinkLogger } from './link-logger.ts';
import { makeOperatorFrame } from './operator-frames.ts';

const HELLO_TIMEOUT_MS = 5_000;

/** What a session needs, and whom it tells. */
export interface OperatorSessionDeps {
  readonly clock: Clock;
  readonly logger: LinkLogger;
  readonly maxBufferedFrames: number;
  readonly onHello: (hello: GatewayHello) => void;
  readonly onMessage: (gatewayId: string, message: GatewayMessage) => void;
  /** Called once, and only after a hello. */
  readonly onEnd: (gatewayId: string) => void;
}

/** The operator's end of one link. */
export class OperatorSession {
  readonly #call: ServerDuplexStream<ConnectRequest, ConnectResponse>;
  readonly #deps: OperatorSessionDeps;
  readonly #timer: Timer;
  #gatewayId: string | undefined;
  #isEnded = false;

  constructor(
    call: ServerDuplexStream<ConnectRequest, ConnectResponse>,
    deps: OperatorSessionDeps,
  ) {
    this.#call = call;
    this.#deps = deps;
    this.#timer = deps.clock.after(HELLO_TIMEOUT_MS, () => {
      this.end(status.INVALID_ARGUMENT, 'the first frame must be a hello, and soon');
    });
    call.on('data', (frame: ConnectRequest) => {
      this.#receive(frame);
    });
    call.on('end', () => {
      this.end(status.OK, '');
    });
    call.on('cancelled', () => {
      this.end(status.CANCELLED, 'the gateway is gone');
    });
    call.on('error', () => {
      this.end(status.CANCELLED, 'the link broke');
    });
  }

  send(message: OperatorMessage): void {
    if (this.#isEnded) return;
    this.#call.write(makeOperatorFrame(message));
    if (this.#call.writableLength > this.#deps.maxBufferedFrames) {
      this.end(status.RESOURCE_EXHAUSTED, 'the gateway does not read');
    }
  }

  end(code: status, details: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#timer.cancel();
    if (code === status.OK) this.#call.end();
    else this.#call.emit('error', { code, details });
    const gatewayId = this.#gatewayId;
    this.#deps.logger.info({ gatewayId, code: status[code], reason: details }, 'link ended');
    if (gatewayId !== undefined) this.#deps.onEnd(gatewayId);
  }

  #receive(request: ConnectRequest): void {
    if (this.#isEnded) return;
    const frame = readGatewayFrame(request);
    if (this.#gatewayId === undefined) {
      if (frame.kind === 'hello' && frame.hello.gatewayId !== '') this.#greet(frame.hello);
      else this.end(status.INVALID_ARGUMENT, 'the first frame must be a hello');
    } else if (frame.kind === 'message') {
      this.#deps.onMessage(this.#gatewayId, frame.message);
    } else {
      const { kind } = frame;
      this.#deps.logger.warn({ gatewayId: this.#gatewayId, kind }, 'ignoring a frame');
    }
  }

  #greet(hello: GatewayHello): void {
    this.#gatewayId = hello.gatewayId;
    this.#timer.cancel();
    this.#call.sendMetadata(new Metadata());
    this.#deps.logger.info({ gatewayId: hello.gatewayId }, 'gateway linked');
    this.#deps.onHello(hello);
  }
}
