import type { IncomingMessage } from 'node:http';
import { describeBytes } from './code-limits.ts';
import { openGuarded } from './guarded-request.ts';
import { RefusedCodeError } from './refusal.ts';

/** How an archive may be fetched. */
export interface FetchOptions {
  readonly maxBytes: number;
  /** Tests fetch from the machine they run on. */
  readonly allowLoopback?: boolean;
  /** Longest silence, before the first byte (redirects included) and after it. Default: 10 seconds. */
  readonly silenceMs?: number;
}

const MAX_REDIRECTS = 3;
const DEADLINE_MS = 120_000;
const SILENCE_MS = 10_000;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * Fetches an archive by GET, piece by piece.
 * @throws RefusedCodeError when the address or the answer is the user's to mend; another Error when a retry may help
 */
export async function* fetchArchive(
  url: string,
  options: FetchOptions,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { silenceMs = SILENCE_MS } = options;
  const silent = new AbortController();
  const patience = setTimeout(() => {
    silent.abort(new Error(`nothing came within ${silenceMs.toString()} ms`));
  }, silenceMs);
  const ends = [silent.signal, AbortSignal.timeout(DEADLINE_MS)];
  const ending = AbortSignal.any(signal === undefined ? ends : [signal, ...ends]);
  try {
    const { response, from } = await follow(url, options, ending);
    for await (const chunk of readAnswer(response, { from, ending, ...options })) {
      yield chunk;
      // Of the time that its reader took nothing is counted.
      patience.refresh();
    }
  } finally {
    clearTimeout(patience);
  }
}

/** The first answer that is no redirect. */
async function follow(
  url: string,
  options: FetchOptions,
  ending: AbortSignal,
): Promise<{ readonly response: IncomingMessage; readonly from: URL }> {
  let next = parseUrl(url);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const response = await open(next, options, ending);
    const { location } = response.headers;
    if (!REDIRECTS.has(response.statusCode ?? 0) || location === undefined) {
      return { response, from: next };
    }
    response.destroy();
    next = parseUrl(location, next);
  }
  throw new RefusedCodeError(
    'CodeNotFound',
    `${show(parseUrl(url))} redirects more than ${MAX_REDIRECTS.toString()} times.`,
  );
}

function parseUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href);
  if (url !== null && ['http:', 'https:'].includes(url.protocol)) return url;
  const what = url === null ? 'no URL' : 'neither http nor https';
  throw new RefusedCodeError('CodeNotFound', `The address of the code is ${what}.`);
}

/** Without passwords and signatures: messages are read by more people than addresses are. */
function show({ origin, pathname }: URL): string {
  return `${origin}${pathname}`;
}

async function open(
  url: URL,
  options: FetchOptions,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  try {
    return await openGuarded(url, options, signal);
  } catch (cause) {
    throw cause instanceof RefusedCodeError ? cause : asTrouble(url, cause, signal);
  }
}

/** A request that was ended says no more than that: why is in the signal. */
function asTrouble(url: URL, cause: unknown, signal: AbortSignal): Error {
  return new Error(`fetching ${show(url)}`, { cause: signal.aborted ? signal.reason : cause });
}

async function* readAnswer(
  response: IncomingMessage,
  {
    from: url,
    ending,
    maxBytes,
  }: { readonly from: URL; readonly ending: AbortSignal; readonly maxBytes: number },
): AsyncGenerator<Uint8Array> {
  const status = response.statusCode ?? 0;
  if (status !== 200) {
    response.destroy();
    const mayPass = status >= 500 || status === 429;
    if (mayPass) throw new Error(`fetching ${show(url)}: it answered ${status.toString()}`);
    throw new RefusedCodeError('CodeNotFound', `${show(url)} answered ${status.toString()}.`);
  }
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) break;
      yield chunk;
    }
  } catch (cause) {
    throw asTrouble(url, cause, ending);
  }
  if (bytes <= maxBytes) return;
  const limit = describeBytes(maxBytes);
  throw new RefusedCodeError('CodeTooLarge', `${show(url)} is larger than ${limit}.`);
}
