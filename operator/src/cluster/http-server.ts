import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { ReadableArchive } from '@mayfly/core';
import type { Logger } from '@mayfly/telemetry';

/** What agents find at the leading operator. */
export interface AgentHttpServerDeps {
  /** Takes `POST /announcements`. */
  readonly announcements: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** The archive that a signed address under `/code/` names; undefined when it names none. */
  readonly serveCode: (pathAndQuery: string) => Promise<ReadableArchive | undefined>;
  readonly logger: Logger;
}

const REQUEST_TIMEOUT_MS = 120_000;
/** Agents give up sooner. */
const SEND_DEADLINE_MS = 300_000;

/** Path under which archives are served. */
export const CODE_PATH = '/code';
/** Path to which agents announce themselves. */
export const ANNOUNCEMENTS_PATH = '/announcements';

/** The HTTP server of the leading operator: announcements of agents, and code for them. */
export class AgentHttpServer {
  readonly #deps: AgentHttpServerDeps;
  readonly #server: Server;

  constructor(deps: AgentHttpServerDeps) {
    this.#deps = deps;
    this.#server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
      void this.#answer(request, response);
    });
  }

  /** Starts to listen; answers the port. */
  async listen(host: string, port: number): Promise<number> {
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? '';
    if (url === ANNOUNCEMENTS_PATH) {
      await this.#deps.announcements(request, response);
      return;
    }
    request.resume();
    if (request.method === 'GET' && url.startsWith(`${CODE_PATH}/`)) {
      await this.#sendCode(url, request.headers.range, response);
    } else {
      response.writeHead(404, { 'content-length': 0 }).end();
    }
  }

  async #sendCode(url: string, range: string | undefined, response: ServerResponse): Promise<void> {
    try {
      const archive = await this.#deps.serveCode(url);
      if (archive === undefined) {
        response.writeHead(403, { 'content-length': 0 }).end();
        return;
      }
      const { codeSize } = archive;
      const start = parseStart(range, codeSize);
      const last = (codeSize - 1).toString();
      response.writeHead(start === 0 ? 200 : 206, {
        'content-type': 'application/zip',
        'content-length': codeSize - start,
        ...(start > 0 && {
          'content-range': `bytes ${start.toString()}-${last}/${codeSize.toString()}`,
        }),
      });
      await pipeline(archive.read(AbortSignal.timeout(SEND_DEADLINE_MS), start), response);
    } catch (error) {
      if (isHangUp(error)) return;
      this.#deps.logger.warn({ err: error }, 'serving code failed');
      if (response.headersSent) response.destroy();
      else response.writeHead(503, { 'content-length': 0 }).end();
    }
  }
}

/** Where an agent goes on whose download broke off; all of it for every other range. */
function parseStart(range: string | undefined, codeSize: number): number {
  const [, digits] = /^bytes=(\d{1,12})-$/.exec(range ?? '') ?? [];
  const start = Number(digits ?? 0);
  return start < codeSize ? start : 0;
}

/** An agent that ends in the middle of a download is no trouble of ours. */
function isHangUp(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}
