import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';

/** What an agent was asked. */
export interface AgentRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Answers an invocation in the place of a function. */
export type AgentHandler = (request: AgentRequest, response: ServerResponse) => void;

/** A real HTTP server in the place of an agent. */
export interface FakeAgent {
  /** `host:port` */
  readonly address: string;
  readonly requests: readonly AgentRequest[];
  /** Breaks every connection and listens no more. */
  kill(): Promise<void>;
}

/** Answers as the agent does for a function that gave `payload`. */
export function answerWith(payload: string, headers: Record<string, string> = {}): AgentHandler {
  return (_request, response) => {
    response.writeHead(200, { 'x-amz-executed-version': '$LATEST', ...headers }).end(payload);
  };
}

/** Starts one on a free port. */
export async function startFakeAgent(handler: AgentHandler): Promise<FakeAgent> {
  const requests: AgentRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const received = { path: request.url ?? '', headers: request.headers, body };
      requests.push(received);
      handler(received, response);
    });
  });
  const { promise, resolve } = Promise.withResolvers<undefined>();
  server.listen(0, '127.0.0.1', () => {
    resolve(undefined);
  });
  await promise;
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    address: `127.0.0.1:${port.toString()}`,
    requests,
    kill: () => {
      const closed = Promise.withResolvers<undefined>();
      server.close(() => {
        closed.resolve(undefined);
      });
      server.closeAllConnections();
      return closed.promise;
    },
  };
}
