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
/** One that ends sooner, without a word, is not the API server's: asking again at once would never end. */
const SHORTEST_MS = 1000;

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
  const { watchAnswerMs, watchSilenceMs } = api.deadlines;
  const ending = new AbortController();
  const stop = (): void => {
    ending.abort();
  };
  const fallSilent = (): void => {
    ending.abort(new Error('the watch fell silent'));
  };
  signal.addEventListener('abort', stop, { once: true });
  let silence = setTimeout(fallSilent, watchAnswerMs);
  try {
    if (signal.aborted) return;
    const startedMs = performance.now();
    const lines = await openLines(api, request, ending.signal);
    let isEmpty = true;
    // It has answered: the first change may be far away.
    clearTimeout(silence);
    silence = setTimeout(fallSilent, watchSilenceMs);
    for await (const line of lines) {
      isEmpty = false;
      clearTimeout(silence);
      silence = setTimeout(fallSilent, watchSilenceMs);
      yield parseEvent(line);
    }
    if (isAborted(signal)) return;
    ending.signal.throwIfAborted();
    if (isEmpty && performance.now() - startedMs < SHORTEST_MS) {
      throw new Error('the watch ended as soon as it began');
    }
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
