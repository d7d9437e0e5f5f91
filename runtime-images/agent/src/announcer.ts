import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { AgentAnnouncement, AnnouncementOrigin } from '@mayfly/core';

const ATTEMPT_DEADLINE_MS = 2_000;
const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 2_000;
const NEVER = (): boolean => false;

/** Where announcements go. */
export interface AnnouncerOptions {
  readonly url: string | undefined;
  readonly token: string;
  /** Added to every announcement. */
  readonly origin: AnnouncementOrigin;
  /** Told when the platform has no use for this agent: a 4xx that trying again does not change. */
  readonly onRefused: (announcement: AgentAnnouncement, statusCode: number) => void;
}

/**
 * Says a thing once; resolves when it has been taken, or never will be. What is over is not tried again: it would be
 * taken for news.
 */
export type Announce = (announcement: AgentAnnouncement, isOver?: () => boolean) => Promise<void>;

/** The voice of an agent. */
export interface Announcer {
  readonly announce: Announce;
  /**
   * Opens the connection of the next announcement ahead: to look up the platform's name and to reach it takes time,
   * which passes while a runtime starts.
   */
  prepare(): void;
  /** Stops trying. */
  close(): void;
}

/**
 * Builds the voice of the agent: announcements are posted in order, each until it is taken, because the
 * platform may be away for a while.
 */
export function buildAnnouncer(options: AnnouncerOptions): Announcer {
  const { url } = options;
  if (url === undefined) {
    return { announce: () => Promise.resolve(), prepare: () => undefined, close: () => undefined };
  }
  const stop = new AbortController();
  let ahead: Socket | undefined;
  const takeAhead = (): Socket | undefined => {
    const taken = ahead;
    ahead = undefined;
    return taken;
  };
  let last = Promise.resolve();
  return {
    announce: (announcement, isOver = NEVER) => {
      const body = JSON.stringify({ ...announcement, ...options.origin });
      const target = { url, token: options.token, body, takeAhead, isOver };
      last = last
        .then(() => postUntilTaken(target, stop.signal))
        .then((statusCode) => {
          if (statusCode !== undefined && isRefusal(statusCode))
            options.onRefused(announcement, statusCode);
        })
        // Only a stop ends the trying.
        .catch(() => undefined);
      return last;
    },
    prepare: () => {
      ahead?.destroy();
      const opened = connectAhead(new URL(url), () => {
        // One that was destroyed for another says so when the other is in its place.
        if (ahead === opened) ahead = undefined;
      });
      ahead = opened;
    },
    close: () => {
      stop.abort();
      ahead?.destroy();
    },
  };
}

interface Target {
  readonly url: string;
  readonly token: string;
  readonly body: string;
  /** A connection that was opened ahead; each only once. */
  readonly takeAhead: () => Socket | undefined;
  readonly isOver: () => boolean;
}

/** Undefined where a plain connection is not enough. One that ends before it is used is forgotten. */
function connectAhead(
  { protocol, hostname, port }: URL,
  onUnusable: () => void,
): Socket | undefined {
  if (protocol !== 'http:') return undefined;
  const host = hostname.replace(/^\[|\]$/g, '');
  const socket = connect({ host, port: port === '' ? 80 : Number(port), noDelay: true });
  socket.on('error', onUnusable).on('close', onUnusable).unref();
  return socket;
}

async function postUntilTaken(target: Target, signal: AbortSignal): Promise<number | undefined> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
    const statusCode = await post(target, signal).catch(() => undefined);
    if (statusCode !== undefined && (isTaken(statusCode) || isRefusal(statusCode))) {
      return statusCode;
    }
    await pause(pauseMs, undefined, { signal });
    if (target.isOver()) return undefined;
  }
}

function isTaken(statusCode: number): boolean {
  return statusCode >= 200 && statusCode < 300;
}

function isRefusal(statusCode: number): boolean {
  return statusCode >= 400 && statusCode < 500 && statusCode !== 408 && statusCode !== 429;
}

function post(target: Target, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const ahead = target.takeAhead();
    const outgoing = request(target.url, {
      method: 'POST',
      ...(ahead === undefined ? { agent: false } : { createConnection: () => ahead.ref() }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_DEADLINE_MS)]),
      headers: {
        authorization: `Bearer ${target.token}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(target.body),
      },
    });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    outgoing.end(target.body);
  });
}
