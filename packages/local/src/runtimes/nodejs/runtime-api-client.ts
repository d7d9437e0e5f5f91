import { connect, type Socket } from 'node:net';
import { HttpResponseReader, type RuntimeApiResponse } from './http-response-reader.ts';

const PREFIX = '/2018-06-01/runtime';

/** What a runtime posts: text or bytes with their media type. */
export interface PostedBody {
  readonly content: string | Uint8Array;
  readonly contentType: string;
}

interface Exchange {
  readonly reader: HttpResponseReader;
  readonly resolve: (response: RuntimeApiResponse) => void;
  readonly reject: (error: Error) => void;
}

class ConnectionLostError extends Error {
  override readonly name = 'ConnectionLostError';
}

/**
 * The Runtime API over one kept-alive socket. Spoken by hand, because `node:http` costs several times as
 * much per request and every invocation pays for two. The socket holds the event loop only while an answer
 * is awaited: a handler sees an empty loop when its own work is done.
 */
export class RuntimeApiClient {
  readonly #host: string;
  readonly #port: number;
  readonly #hostHeader: string;
  #socket: Socket | undefined;
  #exchange: Exchange | undefined;

  constructor(runtimeApi: string) {
    const colon = runtimeApi.lastIndexOf(':');
    this.#host = runtimeApi.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
    this.#port = Number(runtimeApi.slice(colon + 1));
    this.#hostHeader = `Host: ${runtimeApi}\r\n`;
    if (colon === -1 || !Number.isInteger(this.#port)) {
      throw new Error(`AWS_LAMBDA_RUNTIME_API is not host:port: ${runtimeApi}`);
    }
  }

  /** Waits, without a limit, for the next invocation. */
  next(): Promise<RuntimeApiResponse> {
    return this.#request(`GET ${PREFIX}/invocation/next HTTP/1.1\r\n${this.#hostHeader}\r\n`, '');
  }

  /** Answers an invocation. */
  postResponse(requestId: string, body: PostedBody): Promise<RuntimeApiResponse> {
    return this.#post(`/invocation/${encodeURIComponent(requestId)}/response`, body, '');
  }

  /** Reports that an invocation failed; `body` is AWS's error document. */
  postInvocationError(
    requestId: string,
    errorType: string,
    body: string,
  ): Promise<RuntimeApiResponse> {
    const path = `/invocation/${encodeURIComponent(requestId)}/error`;
    return this.#post(path, asErrorDocument(body), errorTypeHeader(errorType));
  }

  /** Reports that the handler could not be loaded. */
  postInitError(errorType: string, body: string): Promise<RuntimeApiResponse> {
    return this.#post('/init/error', asErrorDocument(body), errorTypeHeader(errorType));
  }

  /** Drops the connection. */
  destroy(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #post(path: string, body: PostedBody, extraHeaders: string): Promise<RuntimeApiResponse> {
    const length = Buffer.byteLength(body.content).toString();
    const head =
      `POST ${PREFIX}${path} HTTP/1.1\r\n${this.#hostHeader}` +
      `Content-Type: ${toHeaderValue(body.contentType)}\r\n${extraHeaders}Content-Length: ${length}\r\n\r\n`;
    return this.#request(head, body.content);
  }

  async #request(head: string, content: string | Uint8Array): Promise<RuntimeApiResponse> {
    const isReused = this.#socket !== undefined;
    try {
      return await this.#send(head, content);
    } catch (error) {
      // The server may close an idle connection at the moment we use it.
      if (!isReused || !(error instanceof ConnectionLostError)) throw error;
      return this.#send(head, content);
    }
  }

  #send(head: string, content: string | Uint8Array): Promise<RuntimeApiResponse> {
    if (this.#exchange !== undefined) throw new Error('a request is under way already');
    const socket = (this.#socket ??= this.#connect());
    return new Promise((resolve, reject) => {
      this.#exchange = { reader: new HttpResponseReader(), resolve, reject };
      socket.ref();
      if (typeof content === 'string') {
        socket.write(head + content);
      } else {
        socket.cork();
        socket.write(head);
        socket.write(content);
        socket.uncork();
      }
    });
  }

  #connect(): Socket {
    const socket = connect({ host: this.#host, port: this.#port, noDelay: true });
    let cause: Error | undefined;
    socket.on('data', (chunk: Buffer) => {
      if (socket === this.#socket) this.#receive(socket, chunk);
    });
    socket.on('error', (error) => (cause = error));
    socket.on('close', () => {
      if (socket === this.#socket) this.#lose(cause);
    });
    return socket;
  }

  #receive(socket: Socket, chunk: Buffer): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    try {
      const response = exchange.reader.push(chunk);
      if (response === undefined) return;
      if (response.isKeptAlive) socket.unref();
      else this.destroy();
      this.#exchange = undefined;
      exchange.resolve(response);
    } catch (error) {
      this.destroy();
      this.#exchange = undefined;
      exchange.reject(new Error('reading an answer of the Runtime API', { cause: error }));
    }
  }

  #lose(cause: Error | undefined): void {
    const exchange = this.#exchange;
    this.#socket = undefined;
    this.#exchange = undefined;
    if (exchange === undefined) return;
    const response = exchange.reader.end();
    if (response !== undefined) exchange.resolve(response);
    else
      exchange.reject(new ConnectionLostError('the Runtime API closed the connection', { cause }));
  }
}

function asErrorDocument(body: string): PostedBody {
  return { content: body, contentType: 'application/json' };
}

function errorTypeHeader(errorType: string): string {
  return `Lambda-Runtime-Function-Error-Type: ${toHeaderValue(errorType)}\r\n`;
}

/** The user names error types and media types: nothing of them may end a header line. */
function toHeaderValue(value: string): string {
  return value.replace(/[^\x20-\x7e]/g, '?').slice(0, 1024);
}
