import { request, type Agent, type OutgoingHttpHeaders } from 'node:http';
import { connect } from 'node:net';

/** A request with nothing added to it and nothing tidied up. */
export interface RawRequest {
  /** Default: POST. */
  readonly method?: string;
  /** Sent as it is: neither decoded nor normalised. */
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Uint8Array;
  /** Default: a connection of its own. */
  readonly agent?: Agent;
}

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly statusCode: number;
  /** Names as they were sent, in order, repetitions included. */
  readonly headerNames: readonly string[];
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  /** The client's port: equal for two answers that came over one connection. */
  readonly localPort: number;
}

/** Sends one HTTP request. */
export function sendRaw(gatewayUrl: string, raw: RawRequest): Promise<RawAnswer> {
  const { hostname, port } = new URL(gatewayUrl);
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
  const { method = 'POST', path, headers = {}, body, agent } = raw;
  const call = request({ hostname, port, method, path, headers, agent: agent ?? false });
  call.on('error', reject);
  call.on('response', (response) => {
    const localPort = response.socket.localPort ?? 0;
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', reject);
    response.on('end', () => {
      resolve({
        statusCode: response.statusCode ?? 0,
        headerNames: response.rawHeaders.filter((_, index) => index % 2 === 0),
        headers: response.headers,
        body: Buffer.concat(chunks),
        localPort,
      });
    });
  });
  call.end(body);
  return promise;
}

/** Path of the Invoke operation. */
export function invocationPath(functionName: string): string {
  return `/2015-03-31/functions/${functionName}/invocations`;
}

/** Writes bytes on a connection of their own and gives back all that comes until the server closes it. */
export function sendBytes(gatewayUrl: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(gatewayUrl);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect({ host: hostname, port: Number(port) });
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
  socket.on('error', reject);
  socket.on('close', () => {
    resolve(answer);
  });
  socket.write(bytes, 'latin1');
  return promise;
}
