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
const MAX_ATTACHED_BYTES = 1024 * 1024;
const EXPIRES_SECONDS = 600;
const MAX_CACHED = 256;
/** Of all that are kept. */
const MAX_CACHED_BYTES = 48 * 1024 * 1024;
/** Of work that nobody's signal ends, as others may wait for it. */
const READ_DEADLINE_MS = 120_000;

/** How an archive gets to an agent: with the assignment, from the store, or from the operator. */
export class CodeDelivery {
  readonly #deps: CodeDeliveryDeps;
  /** Most recently used last; undefined: too large to travel with an assignment. */
  readonly #small = new Map<string, Buffer | undefined>();
  #cachedBytes = 0;
  readonly #opening = new Map<string, Promise<ReadableArchive>>();
  readonly #reading = new Map<string, Promise<Buffer | undefined>>();

  constructor(deps: CodeDeliveryDeps) {
    this.#deps = deps;
  }

  async locate(codeSha256: string, signal?: AbortSignal): Promise<AssignedCode['source']> {
    const archive = await this.#readSmall(codeSha256, signal);
    if (archive !== undefined) return { kind: 'attached', archive };
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

  async #readSmall(codeSha256: string, signal?: AbortSignal): Promise<Buffer | undefined> {
    if (this.#small.has(codeSha256)) {
      const known = this.#small.get(codeSha256);
      this.#small.delete(codeSha256);
      this.#small.set(codeSha256, known);
      return known;
    }
    const reading = once(this.#reading, codeSha256, () => this.#read(codeSha256));
    const archive = await within(reading, signal);
    this.#keep(codeSha256, archive);
    return archive;
  }

  #keep(codeSha256: string, kept: Buffer | undefined): void {
    // Of two who asked at once both come here.
    if (!this.#small.has(codeSha256)) this.#cachedBytes += kept?.length ?? 0;
    this.#small.set(codeSha256, kept);
    for (const [oldest, its] of this.#small) {
      const isFull = this.#small.size > MAX_CACHED || this.#cachedBytes > MAX_CACHED_BYTES;
      if (!isFull) return;
      this.#small.delete(oldest);
      this.#cachedBytes -= its?.length ?? 0;
    }
  }

  async #read(codeSha256: string): Promise<Buffer | undefined> {
    const archive = await this.#open(codeSha256);
    if (archive.codeSize > MAX_ATTACHED_BYTES) return undefined;
    return buffer(archive.read(AbortSignal.timeout(READ_DEADLINE_MS)));
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
