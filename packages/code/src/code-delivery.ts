import { createHmac, timingSafeEqual } from 'node:crypto';
import type { AssignedCode, Clock } from '@mayfly/core';
import { toHexDigest } from './folder-code-store.ts';

/** What delivering needs. */
export interface CodeDeliveryDeps {
  /** The archive; rejects when it cannot be had. */
  readonly read: (codeSha256: string, signal?: AbortSignal) => Promise<Uint8Array>;
  /** An address at the store itself, where the store has such. */
  readonly presign: ((codeSha256: string, expiresInSeconds: number) => Promise<string>) | undefined;
  /** Where `serve` is reached, for example `http://operator:8081/code`. */
  readonly baseUrl: string;
  readonly key: Uint8Array;
  readonly clock: Clock;
}

/** Small archives travel with the assignment: a round trip less for most functions. */
const MAX_INLINE_BYTES = 96 * 1024;
const EXPIRES_SECONDS = 600;
const MAX_CACHED = 256;
/** Of a read that nobody's signal ends, as others may wait for it. */
const READ_DEADLINE_MS = 120_000;

/** How an archive gets to an agent: with the assignment, from the store, or from the operator. */
export class CodeDelivery {
  readonly #deps: CodeDeliveryDeps;
  /** Most recently used last; undefined: too large to travel with an assignment. */
  readonly #inline = new Map<string, string | undefined>();
  readonly #reading = new Map<string, Promise<Uint8Array>>();
  /** One copy for all agents that download at once; nothing keeps it when the last one is done. */
  readonly #shared = new Map<string, WeakRef<Uint8Array>>();

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
  async serve(pathAndQuery: string, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    const url = URL.parse(pathAndQuery, 'http://operator');
    if (url === null) return undefined;
    const hex = /\/([0-9a-f]{64})\.zip$/.exec(url.pathname)?.[1];
    const expires = url.searchParams.get('expires') ?? '';
    if (hex === undefined || !/^\d{1,15}$/.test(expires)) return undefined;
    if (Number(expires) < this.#deps.clock.now()) return undefined;
    const expected = Buffer.from(this.#mac(hex, expires));
    const given = Buffer.from(url.searchParams.get('signature') ?? '');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    return within(this.#read(Buffer.from(hex, 'hex').toString('base64')), signal);
  }

  /** Many ask for one archive when a function gets busy: it is read once, and its bytes are there once. */
  #read(codeSha256: string): Promise<Uint8Array> {
    const shared = this.#shared.get(codeSha256)?.deref();
    if (shared !== undefined) return Promise.resolve(shared);
    const known = this.#reading.get(codeSha256);
    if (known !== undefined) return known;
    const reading = this.#deps
      .read(codeSha256, AbortSignal.timeout(READ_DEADLINE_MS))
      .then((archive) => {
        if (archive.byteLength > MAX_INLINE_BYTES) this.#share(codeSha256, archive);
        return archive;
      })
      .finally(() => {
        this.#reading.delete(codeSha256);
      });
    this.#reading.set(codeSha256, reading);
    return reading;
  }

  #share(codeSha256: string, archive: Uint8Array): void {
    for (const [key, shared] of this.#shared) {
      if (shared.deref() === undefined) this.#shared.delete(key);
    }
    this.#shared.set(codeSha256, new WeakRef(archive));
  }

  async #readSmall(codeSha256: string, signal?: AbortSignal): Promise<string | undefined> {
    if (this.#inline.has(codeSha256)) {
      const known = this.#inline.get(codeSha256);
      this.#inline.delete(codeSha256);
      this.#inline.set(codeSha256, known);
      return known;
    }
    const archive = await within(this.#read(codeSha256), signal);
    const isSmall = archive.byteLength <= MAX_INLINE_BYTES;
    const text = isSmall ? Buffer.from(archive).toString('base64') : undefined;
    this.#inline.set(codeSha256, text);
    const [oldest] = this.#inline.keys();
    if (this.#inline.size > MAX_CACHED && oldest !== undefined) this.#inline.delete(oldest);
    return text;
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
