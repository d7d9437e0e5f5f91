import { createHash } from 'node:crypto';
import {
  CodeStoreUnavailableError,
  type CodeUpload,
  type CodeUploads,
  type ReadableArchive,
} from '@mayfly/core';

const PIECE_BYTES = 64 * 1024;
/** Every archive begins so, or ends so when it is empty. */
const MAGIC = 'PK';

/** Keeps archives in memory. It looks at no more of them than how they begin. */
export class FakeCodeUploads implements CodeUploads {
  readonly archives = new Map<string, Uint8Array>();
  /** False: nobody leads who could keep or give anything. */
  isAvailable = true;

  async put(
    archive: Uint8Array | AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<CodeUpload> {
    this.#check(signal);
    const bytes = archive instanceof Uint8Array ? archive : await collect(archive);
    this.#check(signal);
    if (Buffer.from(bytes).toString('latin1', 0, MAGIC.length) !== MAGIC) {
      return { kind: 'refused', reason: 'InvalidZipFile', message: 'The archive cannot be read.' };
    }
    const codeSha256 = createHash('sha256').update(bytes).digest('base64');
    this.archives.set(codeSha256, bytes);
    return { kind: 'stored', codeSha256, codeSize: bytes.byteLength };
  }

  async open(codeSha256: string, signal: AbortSignal): Promise<ReadableArchive | undefined> {
    this.#check(signal);
    const bytes = this.archives.get(codeSha256);
    if (bytes === undefined) return undefined;
    return Promise.resolve({
      codeSize: bytes.byteLength,
      read: (reading?: AbortSignal, start = 0) => cut(bytes.subarray(start), reading),
    });
  }

  #check(signal: AbortSignal): void {
    signal.throwIfAborted();
    if (this.isAvailable) return;
    throw new CodeStoreUnavailableError('no operator leads');
  }
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const collected: Uint8Array[] = [];
  for await (const piece of pieces) collected.push(piece);
  return Buffer.concat(collected);
}

async function* cut(bytes: Uint8Array, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) {
    signal?.throwIfAborted();
    yield await Promise.resolve(bytes.subarray(at, at + PIECE_BYTES));
  }
}
