import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AgentAnnouncement, InitOutcome } from '@mayfly/core';

/** What the server asks and tells. */
export interface AnnounceServerDeps {
  /** Token of an agent, undefined when there is no such agent. */
  tokenOf(executionEnvironmentId: string): string | undefined;
  onAnnouncement(announcement: AgentAnnouncement): void;
}

const MAX_BODY_BYTES = 4096;
const REQUEST_TIMEOUT_MS = 5000;
const INIT_OUTCOMES: ReadonlySet<unknown> = new Set(['success', 'error', 'timeout']);

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
    const announcement = parseAnnouncement(body);
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

function parseAnnouncement(body: string): AgentAnnouncement | undefined {
  const value = parseObject(body);
  const executionEnvironmentId = value?.['executionEnvironmentId'];
  if (value === undefined || typeof executionEnvironmentId !== 'string') return undefined;
  const { kind, port, initDurationMs, initOutcome } = value;
  if (kind === 'waiting' && typeof port === 'number' && Number.isInteger(port)) {
    return { kind, executionEnvironmentId, port };
  }
  if (kind === 'ready' && typeof initDurationMs === 'number' && INIT_OUTCOMES.has(initOutcome)) {
    return {
      kind,
      executionEnvironmentId,
      initDurationMs,
      initOutcome: initOutcome as InitOutcome,
    };
  }
  return undefined;
}

interface AnnouncementFields {
  readonly [field: string]: unknown;
  readonly kind?: unknown;
  readonly port?: unknown;
  readonly initDurationMs?: unknown;
  readonly initOutcome?: unknown;
}

function parseObject(body: string): AnnouncementFields | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as AnnouncementFields) : undefined;
  } catch {
    return undefined;
  }
}
