import type { Readable } from 'node:stream';
import { isAborted } from './is-aborted.ts';
import type { KubeApi } from './kube-api.ts';
import { KubeError } from './kube-error.ts';

/** One line of a watch. */
export interface RawWatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: unknown;
}

/** What is watched, and from where. */
export interface WatchRequest {
  readonly path: string;
  readonly resourceVersion: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
}

/** The API server ends a watch after this; the reader goes on from where it was. */
const SERVER_TIMEOUT_SECONDS = 240;
/** Bookmarks come every minute or so: a connection that is silent for longer than the watch may last is dead. */
const SILENCE_MS = (SERVER_TIMEOUT_SECONDS + 15) * 1000;
const ANSWER_DEADLINE_MS = 15_000;

/**
 * Changes after a resourceVersion, in order, until the signal aborts (then it ends normally) or the API server
 * ends it (then it ends normally, too).
 * @throws KubeError 410 when that point is no longer kept; another Error when the connection breaks
 */
export async function* watchObjects(
  api: KubeApi,
  request: WatchRequest,
  signal: AbortSignal,
): AsyncGenerator<RawWatchEvent> {
  const ending = new AbortController();
  const stop = (): void => {
    ending.abort();
  };
  signal.addEventListener('abort', stop, { once: true });
  let silence = setTimeout(stop, ANSWER_DEADLINE_MS);
  try {
    if (signal.aborted) return;
    const lines = await openLines(api, request, ending.signal);
    // It has answered: the first change may be far away.
    clearTimeout(silence);
    silence = setTimeout(stop, SILENCE_MS);
    for await (const line of lines) {
      clearTimeout(silence);
      silence = setTimeout(stop, SILENCE_MS);
      yield parseEvent(line);
    }
    if (isAborted(ending.signal) && !isAborted(signal)) throw new Error('the watch fell silent');
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    clearTimeout(silence);
    signal.removeEventListener('abort', stop);
    // Whoever stops reading in the middle leaves no connection behind.
    ending.abort();
  }
}

async function openLines(
  api: KubeApi,
  { path, resourceVersion, query }: WatchRequest,
  signal: AbortSignal,
): Promise<AsyncIterable<string>> {
  const stream = await api.open(
    {
      method: 'GET',
      path,
      query: {
        ...query,
        watch: 'true',
        resourceVersion,
        allowWatchBookmarks: 'true',
        timeoutSeconds: SERVER_TIMEOUT_SECONDS.toString(),
      },
    },
    signal,
  );
  return readLines(stream);
}

/** By hand: `readline` ends its lines when the stream breaks, where this must throw. */
async function* readLines(stream: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield line;
  }
}

function parseEvent(line: string): RawWatchEvent {
  const { type, object } = JSON.parse(line) as { type: string; object: unknown };
  if (type !== 'ERROR') return { type: type as RawWatchEvent['type'], object };
  const { code, reason, message } = object as { code?: number; reason?: string; message?: string };
  throw new KubeError(code ?? 500, reason ?? '', message ?? 'the watch failed');
}
