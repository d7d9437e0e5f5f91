import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { parseAnnouncement, type AgentAnnouncement } from '@mayfly/core';
import { AGENT_PORT } from '@mayfly/manifests';
import { isAgentAuthorised, type PodRef } from './agent-token.ts';

/** An announcement and the pod that it comes from. */
export interface PodAnnouncement {
  readonly ref: PodRef;
  /** Address of the pod, as the agent was told. */
  readonly host: string;
  /** Address that it came from: nobody can answer from another one's. */
  readonly sender: string;
  readonly announcement: AgentAnnouncement;
}

/** What becomes of one: `unwanted` ends the agent, `later` makes it try again. */
export type AnnouncementFate = 'taken' | 'unwanted' | 'later';

/** What the endpoint needs. */
export interface AnnouncementsDeps {
  readonly clusterKey: Uint8Array;
  take(announcement: PodAnnouncement): AnnouncementFate;
}

const MAX_BODY_BYTES = 16 * 1024;
const STATUS_CODES: Readonly<Record<AnnouncementFate, number>> = {
  taken: 204,
  unwanted: 404,
  later: 503,
};

/** Builds the endpoint where agents say that they wait, are ready or have failed. The path is the caller's to match. */
export function buildAnnouncements(
  deps: AnnouncementsDeps,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    try {
      const statusCode = request.method === 'POST' ? await take(deps, request) : 405;
      // What is left of a body that is too large must not be read as the next request.
      if (statusCode === 413) response.setHeader('connection', 'close');
      response.writeHead(statusCode, { 'content-length': 0 }).end();
    } catch {
      // The agent has gone in the middle of its request.
      response.destroy();
    }
  };
}

async function take(deps: AnnouncementsDeps, request: IncomingMessage): Promise<number> {
  const body = await readBody(request);
  if (body === undefined) return 413;
  const said = parsePodAnnouncement(body);
  if (said === undefined) return 400;
  const { authorization } = request.headers;
  if (!isAgentAuthorised(authorization, deps.clusterKey, said.ref)) return 401;
  // On a socket of both families IPv4 addresses look so: ::ffff:10.0.0.1
  const sender = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  return STATUS_CODES[deps.take({ ...said, sender })];
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

function parsePodAnnouncement(body: string): Omit<PodAnnouncement, 'sender'> | undefined {
  const value = parseObject(body);
  const { namespace, podName, host } = value;
  if (typeof namespace !== 'string' || typeof podName !== 'string') return undefined;
  // We and the gateways make URLs of it.
  if (typeof host !== 'string' || isIP(host) === 0) return undefined;
  const announcement = parseAnnouncement(value);
  if (announcement === undefined) return undefined;
  if (announcement.kind === 'waiting' && announcement.port !== AGENT_PORT) return undefined;
  return { ref: { namespace, name: podName }, host, announcement };
}

function parseObject(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
