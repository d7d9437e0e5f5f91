import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { onTestFinished } from 'vitest';
import { KubeApi, type KubeDeadlines } from '../kube-api.ts';

/** One request as the server has seen it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly contentType: string | undefined;
  readonly body: unknown;
}

/** Answers one request. */
export type Answer = (response: ServerResponse, request: SeenRequest) => void;

/** A real HTTP server in place of the API server, which answers as the test says. */
export interface ApiServer {
  readonly api: KubeApi;
  readonly requests: readonly SeenRequest[];
  /** Answers all that follow. */
  answer: Answer;
  /** How many connections are open. */
  countConnections(): number;
}

/** Starts one; it ends with the test. */
export async function useApiServer(deadlines: Partial<KubeDeadlines> = {}): Promise<ApiServer> {
  const requests: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((incoming, response) => {
    void readRequest(incoming).then((request) => {
      requests.push(request);
      apiServer.answer(response, request);
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const config = new KubeConfig();
  config.loadFromClusterAndUser(
    { name: 'test', server: `http://127.0.0.1:${port.toString()}`, skipTLSVerify: true },
    { name: 'test' },
  );
  const apiServer: ApiServer = {
    api: new KubeApi(config, deadlines),
    requests,
    answer: refuseWith(404, 'NotFound'),
    countConnections: () => sockets.size,
  };
  return apiServer;
}

async function readRequest(incoming: IncomingMessage): Promise<SeenRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const url = new URL(incoming.url ?? '', 'http://server');
  return {
    method: incoming.method ?? '',
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    contentType: incoming.headers['content-type'],
    body: text === '' ? undefined : JSON.parse(text),
  };
}

/** Answers with an object. */
export function answerWith(body: object, status = 200): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
}

/** Refuses as the API server does. */
export function refuseWith(status: number, reason: string, message = reason): Answer {
  return answerWith({ kind: 'Status', status: 'Failure', code: status, reason, message }, status);
}
