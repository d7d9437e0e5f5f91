import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseAnnouncement, type AgentAnnouncement } from '@mayfly/core';

/** What the server asks and tells. */
export interface AnnounceServerDeps {
  /** Token of an agent, undefined when there is no such agent. */
  tokenOf(executionEnvironmentId: string): string | undefined;
  onAnnouncement(announcement: AgentAnnouncement): void;
}

const MAX_BODY_BYTES = 4096;
const REQUEST_TIMEOUT_MS = 5000;

/** Where agents say that they wait or are ready. Listens on loopback; every agent has its own token. */
export class AnnounceServer {
  readonly #deps: AnnounceServerDeps;
  readonly #server: Server;

  constructor(deps: AnnounceServerDeps) {
    this.#deps = deps;
    this.#server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
      void this.#answer(request, response);
    });
  }

  /** Starts to listen; returns the URL that agents post to. */
  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port.toString()}/announcements`;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const statusCode = request.method === 'POST' ? await this.#take(request) : 405;
      response.writeHead(statusCode, { 'content-length': 0 }).end();
    } catch {
      // The agent has gone in the middle of its request.
      response.destroy();
    }
  }

  async #take(request: IncomingMessage): Promise<number> {
    const body = await readBody(request);
    if (body === undefined) return 413;
    const announcement = parseAnnouncement(parseObject(body));
    if (announcement === undefined) return 400;
    const token = this.#deps.tokenOf(announcement.executionEnvironmentId);
    if (token === undefined || !isSame(request.headers.authorization ?? '', `Bearer ${token}`)) {
      return 401;
    }
    this.#deps.onAnnouncement(announcement);
    return 204;
  }
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function isSame(given: string, expected: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}

function parseObject(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
