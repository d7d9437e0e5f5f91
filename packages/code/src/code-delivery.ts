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

/** How an archive gets to an agent: with the assignment, from the store, or from the operator. */
export class CodeDelivery {
  readonly #deps: CodeDeliveryDeps;
  /** Most recently used last; undefined: too large to travel with an assignment. */
  readonly #inline = new Map<string, string | undefined>();

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
    const url = new URL(pathAndQuery, 'http://operator');
    const hex = /\/([0-9a-f]{64})\.zip$/.exec(url.pathname)?.[1];
    const expires = url.searchParams.get('expires') ?? '';
    if (hex === undefined || !/^\d{1,15}$/.test(expires)) return undefined;
    if (Number(expires) < this.#deps.clock.now()) return undefined;
    const expected = Buffer.from(this.#mac(hex, expires));
    const given = Buffer.from(url.searchParams.get('signature') ?? '');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    return this.#deps.read(Buffer.from(hex, 'hex').toString('base64'), signal);
  }

  async #readSmall(codeSha256: string, signal?: AbortSignal): Promise<string | undefined> {
    if (this.#inline.has(codeSha256)) {
      const known = this.#inline.get(codeSha256);
      this.#inline.delete(codeSha256);
      this.#inline.set(codeSha256, known);
      return known;
    }
    const archive = await this.#deps.read(codeSha256, signal);
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
