import { createHash, type Hash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

/** Without any new byte; what goes forward may take longer. */
const FUTILE_MS = 30_000;
const DEADLINE_MS = 240_000;
/** A server that says nothing for so long is asked again, for the rest. */
const SILENCE_MS = 5_000;
const FIRST_PAUSE_MS = 200;
const MAX_PAUSE_MS = 3_000;

/** How an archive is fetched. */
export interface DownloadOptions {
  readonly token: string;
  /** Only there the token is sent: elsewhere it would be told to a stranger. */
  readonly trustedOrigin: string | undefined;
  /** As long as it must be. */
  readonly sizeBytes: number;
  /** Default: 5 s. */
  readonly silenceMs?: number;
}

/** What is not mended by trying again. */
class FinalError extends Error {
  override readonly name = 'FinalError';
}

/** What there is of a file so far. */
interface Received {
  readonly handle: FileHandle;
  hash: Hash;
  bytes: number;
}

/**
 * Fetches a file of a known size into `path`, a piece of it at a time in memory; its SHA-256 in base64. Goes on where
 * it was when the server stalls or fails, until nothing has come for 30 s.
 */
export async function download(
  url: string,
  { path, ...options }: DownloadOptions & { readonly path: string },
  signal: AbortSignal,
): Promise<string> {
  const handle = await open(path, 'wx', 0o600);
  try {
    const received = { handle, hash: createHash('sha256'), bytes: 0 };
    await receiveAll(new URL(url), { received, options }, signal);
    return received.hash.digest('base64');
  } finally {
    await handle.close();
  }
}

interface Download {
  readonly received: Received;
  readonly options: DownloadOptions;
}

async function receiveAll(url: URL, task: Download, signal: AbortSignal): Promise<void> {
  const { received } = task;
  const deadlineMs = performance.now() + DEADLINE_MS;
  let futileMs = performance.now() + FUTILE_MS;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
    const before = received.bytes;
    try {
      await fetchOnce(url, task, signal);
      return;
    } catch (cause) {
      const nowMs = performance.now();
      if (received.bytes > before) {
        futileMs = nowMs + FUTILE_MS;
        pauseMs = FIRST_PAUSE_MS;
      }
      const isLate = nowMs + pauseMs > Math.min(futileMs, deadlineMs);
      if (signal.aborted || isLate || cause instanceof FinalError) throw explain(cause);
      await pause(pauseMs, undefined, { signal });
    }
  }
}

function explain(cause: unknown): Error {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new Error(`downloading the code: ${detail}`, { cause });
}

async function fetchOnce(url: URL, task: Download, signal: AbortSignal): Promise<void> {
  const { request } =
    url.protocol === 'https:' ? await import('node:https') : await import('node:http');
  const { options, received } = task;
  const { silenceMs = SILENCE_MS } = options;
  const isTrusted = url.origin === options.trustedOrigin;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      agent: false,
      signal,
      timeout: silenceMs,
      headers: {
        ...(isTrusted && { authorization: `Bearer ${options.token}` }),
        ...(received.bytes > 0 && { range: `bytes=${received.bytes.toString()}-` }),
      },
    });
    outgoing.on('timeout', () => {
      outgoing.destroy(new Error(`nothing came for ${(silenceMs / 1000).toString()} s`));
    });
    outgoing.on('error', reject);
    outgoing.on('response', (response: IncomingMessage) => {
      receive({ outgoing, response }, task).then(resolve, reject);
    });
    outgoing.end();
  });
}

async function receive(
  { outgoing, response }: { readonly outgoing: ClientRequest; readonly response: IncomingMessage },
  { received, options }: Download,
): Promise<void> {
  const { sizeBytes } = options;
  try {
    acceptStatus(response.statusCode ?? 0, received);
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (received.bytes + chunk.length > sizeBytes) {
        throw new FinalError('it is longer than announced');
      }
      await write(chunk, received);
    }
    if (received.bytes < sizeBytes) throw new Error('it is shorter than announced');
  } finally {
    outgoing.destroy();
  }
}

/** A server that knows no ranges sends all of it again. */
function acceptStatus(statusCode: number, received: Received): void {
  if (statusCode === 206 && received.bytes > 0) return;
  if (statusCode !== 200) throw describeStatus(statusCode);
  received.bytes = 0;
  received.hash = createHash('sha256');
}

async function write(chunk: Buffer, received: Received): Promise<void> {
  for (let offset = 0; offset < chunk.length;) {
    const position = received.bytes + offset;
    offset += (await received.handle.write(chunk, offset, undefined, position)).bytesWritten;
  }
  received.hash.update(chunk);
  received.bytes += chunk.length;
}

function describeStatus(statusCode: number): Error {
  const message = `the server answered ${statusCode.toString()}`;
  const isTransient = statusCode >= 500 || statusCode === 408 || statusCode === 429;
  return isTransient ? new Error(message) : new FinalError(message);
}
