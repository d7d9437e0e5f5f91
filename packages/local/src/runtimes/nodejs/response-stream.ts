import { Writable } from 'node:stream';
import { STREAMING_MARK, type UserHandler } from './handler-loader.ts';
import { RuntimeError } from './runtime-errors.ts';

const INTEGRATION_CONTENT_TYPE = 'application/vnd.awslambda.http-integration-response';
const DELIMITER_BYTES = 8;

/**
 * The stream a `awslambda.streamifyResponse` handler writes to. It is sent when it has ended, as AWS does
 * for `Invoke` of a streaming function: all bytes in their order. With `HttpResponseStream.from` these are
 * the prelude's JSON, eight NUL bytes and the body, of type
 * `application/vnd.awslambda.http-integration-response`: who serves a URL splits them.
 */
export class BufferedResponseStream extends Writable {
  #chunks: Buffer[] = [];
  #contentType = 'application/octet-stream';
  #hasStarted = false;
  #prelude: string | undefined;

  constructor() {
    // Object mode: AWS's stream writes objects as JSON.
    super({ objectMode: true, decodeStrings: false });
  }

  get contentType(): string {
    return this.#contentType;
  }

  /** Everything that was written. */
  content(): Buffer {
    // A body without a byte still has its prelude.
    this.#start();
    return Buffer.concat(this.#chunks);
  }

  setContentType(contentType: string): void {
    if (this.#hasStarted) {
      throw new RuntimeError(
        'Runtime.InvalidStreamingOperation',
        'Cannot set content-type, too late.',
      );
    }
    this.#contentType = contentType;
  }

  /** Puts the head of an HTTP answer before the first byte. */
  setPrelude(prelude: unknown): void {
    this.setContentType(INTEGRATION_CONTENT_TYPE);
    this.#prelude = JSON.stringify(prelude);
  }

  override _write(
    chunk: unknown,
    encoding: BufferEncoding,
    callback: (error?: Error | null) => void,
  ): void {
    this.#start();
    this.#chunks.push(toBytes(chunk, encoding));
    callback();
  }

  #start(): void {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    if (this.#prelude === undefined) return;
    this.#chunks.push(Buffer.from(this.#prelude), Buffer.alloc(DELIMITER_BYTES));
  }
}

function toBytes(chunk: unknown, encoding: BufferEncoding): Buffer {
  if (typeof chunk === 'string') {
    return Buffer.from(chunk, Buffer.isEncoding(encoding) ? encoding : 'utf8');
  }
  if (chunk instanceof Uint8Array) return Buffer.from(chunk);
  return Buffer.from(JSON.stringify(chunk));
}

/** The global `awslambda` of the Node.js runtimes. */
export function makeAwslambdaGlobal(): Record<string, unknown> {
  return {
    streamifyResponse: (handler: UserHandler): UserHandler =>
      Object.assign(handler, { [STREAMING_MARK]: 'response' }),
    HttpResponseStream: {
      from: (stream: BufferedResponseStream, prelude: unknown): BufferedResponseStream => {
        stream.setPrelude(prelude);
        return stream;
      },
    },
  };
}
