import { request } from 'node:http';
import type { AgentAnnouncement } from '@mayfly/core';

const ATTEMPTS = 3;
const ATTEMPT_DEADLINE_MS = 2_000;
const FIRST_PAUSE_MS = 100;

/** Where announcements go. */
export interface AnnouncerOptions {
  readonly url: string | undefined;
  readonly token: string;
  /** Told when an announcement was lost for good. */
  readonly onLost: (announcement: AgentAnnouncement, error: unknown) => void;
}

/** Says a thing once. */
export type Announce = (announcement: AgentAnnouncement) => void;

/** Builds the voice of the agent: announcements are posted in order, each tried three times. */
export function buildAnnouncer(options: AnnouncerOptions): Announce {
  const { url } = options;
  if (url === undefined) return () => undefined;
  let last = Promise.resolve();
  return (announcement) => {
    last = last
      .then(() => postWithRetry({ url, token: options.token }, JSON.stringify(announcement)))
      .catch((error: unknown) => {
        options.onLost(announcement, error);
      });
  };
}

async function postWithRetry(target: { url: string; token: string }, body: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await post(target, body);
      return;
    } catch (cause) {
      if (attempt === ATTEMPTS) throw new Error('announcing to the platform', { cause });
      await new Promise((resolve) => setTimeout(resolve, FIRST_PAUSE_MS * attempt * attempt));
    }
  }
}

function post(target: { url: string; token: string }, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = request(target.url, {
      method: 'POST',
      agent: false,
      signal: AbortSignal.timeout(ATTEMPT_DEADLINE_MS),
      headers: {
        authorization: `Bearer ${target.token}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
    });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) resolve();
      else reject(new Error(`the platform answered ${status.toString()}`));
    });
    outgoing.end(body);
  });
}
