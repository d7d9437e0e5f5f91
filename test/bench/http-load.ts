import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';

/** One HTTP/1.1 POST that a load run repeats. */
export interface LoadTarget {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * A keep-alive connection that posts the same request again and again. It does as little as possible, so
 * that what is measured is the server: the request is bytes made once, the answer is read by its length.
 */
export class LoadConnection {
  readonly #socket: Socket;
  readonly #request: Buffer;
  #buffer: Buffer = Buffer.alloc(0);
  #onAnswer: ((status: number) => void) | undefined;
  #onError: ((error: Error) => void) | undefined;

  private constructor(socket: Socket, target: LoadTarget) {
    this.#socket = socket;
    this.#request = toRequestBytes(target);
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      this.#read(chunk);
    });
    socket.on('error', (error) => this.#onError?.(error));
    socket.on('close', () => this.#onError?.(new Error('the server closed the connection')));
  }

  static async open(target: LoadTarget): Promise<LoadConnection> {
    const socket = connect({ host: target.host, port: target.port });
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    socket.once('connect', () => {
      resolve(undefined);
    });
    socket.once('error', reject);
    await promise;
    return new LoadConnection(socket, target);
  }

  /** Posts once. Resolves with the milliseconds it took; rejects unless the answer is a 200. */
  async post(): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const startedMs = performance.now();
    this.#onError = reject;
    this.#onAnswer = (status) => {
      if (status === 200) resolve(performance.now() - startedMs);
      else reject(new Error(`answered ${String(status)}: ${this.#buffer.toString('latin1')}`));
    };
    this.#socket.write(this.#request);
    return promise;
  }

  close(): void {
    this.#onError = undefined;
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
    const headEnd = this.#buffer.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const head = this.#buffer.toString('latin1', 0, headEnd);
    const length = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? '0');
    if (this.#buffer.length < headEnd + 4 + length) return;
    this.#onAnswer?.(Number(head.slice(9, 12)));
    this.#buffer = Buffer.alloc(0);
  }
}

function toRequestBytes(target: LoadTarget): Buffer {
  const headers = {
    host: `${target.host}:${String(target.port)}`,
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(target.body)),
    ...target.headers,
  };
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`POST ${target.path} HTTP/1.1\r\n${head.join('')}\r\n${target.body}`);
}

/** Posts `requests` times over all connections together; returns each latency in milliseconds. */
export async function runLoad(
  connections: readonly LoadConnection[],
  requests: number,
): Promise<{ readonly latenciesMs: number[]; readonly durationMs: number }> {
  const latenciesMs: number[] = [];
  let left = requests;
  const startedMs = performance.now();
  await Promise.all(
    connections.map(async (connection) => {
      while (left > 0) {
        left -= 1;
        latenciesMs.push(await connection.post());
      }
    }),
  );
  return { latenciesMs, durationMs: performance.now() - startedMs };
}
