import type { ClientRequest, IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

const DEADLINE_MS = 30_000;
const ATTEMPT_DEADLINE_MS = 15_000;
const FIRST_PAUSE_MS = 200;
const MAX_PAUSE_MS = 3_000;

/** How an archive is fetched. */
export interface DownloadOptions {
  readonly token: string;
  /** Only there the token is sent: elsewhere it would be told to a stranger. */
  readonly trustedOrigin: string | undefined;
  /** As long as it must be. */
  readonly sizeBytes: number;
}

/** What is not mended by trying again. */
class FinalError extends Error {
  override readonly name = 'FinalError';
}

/** Fetches a file of a known size; tries again for 30 s when the server fails or is not there. */
export async function download(
  url: string,
  options: DownloadOptions,
  signal: AbortSignal,
): Promise<Buffer> {
  const deadlineAtMs = performance.now() + DEADLINE_MS;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
    try {
      return await fetchOnce(new URL(url), options, signal);
    } catch (cause) {
      const isLate = performance.now() + pauseMs > deadlineAtMs;
      if (signal.aborted || isLate || cause instanceof FinalError) {
        const detail = cause instanceof Error ? cause.message : String(cause);
        throw new Error(`downloading the code: ${detail}`, { cause });
      }
      await pause(pauseMs, undefined, { signal });
    }
  }
}

async function fetchOnce(url: URL, options: DownloadOptions, signal: AbortSignal): Promise<Buffer> {
  const { request } =
    url.protocol === 'https:' ? await import('node:https') : await import('node:http');
  const isTrusted = url.origin === options.trustedOrigin;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      agent: false,
      signal: AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_DEADLINE_MS)]),
      headers: isTrusted ? { authorization: `Bearer ${options.token}` } : {},
    });
    outgoing.on('error', reject);
    outgoing.on('response', (response: IncomingMessage) => {
      receive({ outgoing, response }, options.sizeBytes).then(resolve, reject);
    });
    outgoing.end();
  });
}

async function receive(
  exchange: { readonly outgoing: ClientRequest; readonly response: IncomingMessage },
  sizeBytes: number,
): Promise<Buffer> {
  const { outgoing, response } = exchange;
  const { statusCode = 0 } = response;
  try {
    if (statusCode !== 200) throw describeStatus(statusCode);
    const body = Buffer.allocUnsafe(sizeBytes);
    let length = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (length + chunk.length > sizeBytes) throw new FinalError('it is longer than announced');
      length += chunk.copy(body, length);
    }
    if (length < sizeBytes) throw new Error('it is shorter than announced');
    return body;
  } finally {
    outgoing.destroy();
  }
}

function describeStatus(statusCode: number): Error {
  const message = `the server answered ${statusCode.toString()}`;
  const isTransient = statusCode >= 500 || statusCode === 408 || statusCode === 429;
  return isTransient ? new Error(message) : new FinalError(message);
}
