import { createHmac, timingSafeEqual } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { AssignedCode, Clock, ReadableArchive } from '@mayfly/core';
import { fromHexDigest, toHexDigest } from './folder-code-store.ts';

/** What delivering needs. */
export interface CodeDeliveryDeps {
  /** The archive; rejects when it cannot be had. */
  readonly open: (codeSha256: string, signal?: AbortSignal) => Promise<ReadableArchive>;
  /** An address at the store itself, where the store has such. */
  readonly presign: ((codeSha256: string, expiresInSeconds: number) => Promise<string>) | undefined;
  /** Where `serve` is reached, for example `http://operator:8081/code`. */
  readonly baseUrl: string;
  readonly key: Uint8Array;
  readonly clock: Clock;
}

/**
 * Small archives travel with the assignment: without looking up a name, another connection, and a file that is written
 * to be read once.
 */
const MAX_INLINE_BYTES = 1024 * 1024;
const EXPIRES_SECONDS = 600;
const MAX_CACHED = 256;
/** Of all that are kept as text. */
const MAX_CACHED_CHARACTERS = 48 * 1024 * 1024;
/** Of work that nobody's signal ends, as others may wait for it. */
const READ_DEADLINE_MS = 120_000;

/** How an archive gets to an agent: with the assignment, from the store, or from the operator. */
export class CodeDelivery {
  readonly #deps: CodeDeliveryDeps;
  /** Most recently used last; undefined: too large to travel with an assignment. */
  readonly #inline = new Map<string, string | undefined>();
  #cachedCharacters = 0;
  readonly #opening = new Map<string, Promise<ReadableArchive>>();
  readonly #packing = new Map<string, Promise<string | undefined>>();

  constructor(deps: CodeDeliveryDeps) {
    this.#deps = deps;
  }

  async locate(codeSha256: string, signal?: AbortSignal): Promise<AssignedCode['source']> {
    const archiveBase64 = await this.#readSmall(codeSha256, signal);
    if (archiveBase64 !== undefined) return { kind: 'inline', archiveBase64 };
    const { presign } = this.#deps;
    if (presign !== undefined)
      return { kind: 'url', url: await presign(codeSha256, EXPIRES_SECONDS) };
    return { kind: 'url', url: this.#sign(codeSha256) };
  }

  /** The archive that a signed path names; undefined when the signature is wrong or has expired. */
  async serve(pathAndQuery: string, signal?: AbortSignal): Promise<ReadableArchive | undefined> {
    const url = URL.parse(pathAndQuery, 'http://operator');
    if (url === null) return undefined;
    const hex = /\/([0-9a-f]{64})\.zip$/.exec(url.pathname)?.[1];
    const expires = url.searchParams.get('expires') ?? '';
    if (hex === undefined || !/^\d{1,15}$/.test(expires)) return undefined;
    if (Number(expires) < this.#deps.clock.now()) return undefined;
    const expected = Buffer.from(this.#mac(hex, expires));
    const given = Buffer.from(url.searchParams.get('signature') ?? '');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    return within(this.#open(fromHexDigest(hex)), signal);
  }

  /** Many ask for one archive when a function gets busy: it is looked for once. */
  #open(codeSha256: string): Promise<ReadableArchive> {
    return once(this.#opening, codeSha256, () =>
      this.#deps.open(codeSha256, AbortSignal.timeout(READ_DEADLINE_MS)),
    );
  }

  async #readSmall(codeSha256: string, signal?: AbortSignal): Promise<string | undefined> {
    if (this.#inline.has(codeSha256)) {
      const known = this.#inline.get(codeSha256);
      this.#inline.delete(codeSha256);
      this.#inline.set(codeSha256, known);
      return known;
    }
    const packing = once(this.#packing, codeSha256, () => this.#pack(codeSha256));
    const text = await within(packing, signal);
    this.#keep(codeSha256, text);
    return text;
  }

  #keep(codeSha256: string, text: string | undefined): void {
    // Of two who asked at once both come here.
    if (!this.#inline.has(codeSha256)) this.#cachedCharacters += text?.length ?? 0;
    this.#inline.set(codeSha256, text);
    for (const [oldest, its] of this.#inline) {
      const isFull =
        this.#inline.size > MAX_CACHED || this.#cachedCharacters > MAX_CACHED_CHARACTERS;
      if (!isFull) return;
      this.#inline.delete(oldest);
      this.#cachedCharacters -= its?.length ?? 0;
    }
  }

  async #pack(codeSha256: string): Promise<string | undefined> {
    const archive = await this.#open(codeSha256);
    if (archive.codeSize > MAX_INLINE_BYTES) return undefined;
    const bytes = await buffer(archive.read(AbortSignal.timeout(READ_DEADLINE_MS)));
    return bytes.toString('base64');
  }

  #sign(codeSha256: string): string {
    const hex = toHexDigest(codeSha256);
    const expires = (this.#deps.clock.now() + EXPIRES_SECONDS * 1000).toString();
    const signature = this.#mac(hex, expires);
    return `${this.#deps.baseUrl}/${hex}.zip?expires=${expires}&signature=${signature}`;
  }

  #mac(hex: string, expires: string): string {
    const { key } = this.#deps;
    return createHmac('sha256', key).update(`code:${hex}:${expires}`).digest('base64url');
  }
}

/** One piece of work at a time for each key; all who ask meanwhile share what becomes of it. */
function once<T>(
  running: Map<string, Promise<T>>,
  key: string,
  begin: () => Promise<T>,
): Promise<T> {
  const known = running.get(key);
  if (known !== undefined) return known;
  const work = begin().finally(() => {
    running.delete(key);
  });
  running.set(key, work);
  return work;
}

/** The work goes on when one who waits for it goes. */
async function within<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => {
    aborted.reject(signal.reason as Error);
  };
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
