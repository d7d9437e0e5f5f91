import { describeBytes, refuse } from '@mayfly/code';
import type { CodeStore, CodeUpload, CodeUploads, ReadableArchive } from '@mayfly/core';
import { LIMITS } from '@mayfly/lambda-api';
import type { LocalCodeResolver } from './local-code-resolver.ts';

/** What uploads on one machine need. */
export interface LocalCodeUploadsDeps {
  readonly code: Pick<LocalCodeResolver, 'put'>;
  readonly codeStore: Pick<CodeStore, 'open'>;
  /** Default: Lambda's 50 MB. */
  readonly maxUploadBytes?: number;
}

/** Uploads into the store of this machine. An archive is unpacked before it is stored: it is about to be run here. */
export class LocalCodeUploads implements CodeUploads {
  readonly #deps: LocalCodeUploadsDeps;

  constructor(deps: LocalCodeUploadsDeps) {
    this.#deps = deps;
  }

  async put(
    archive: Uint8Array | AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<CodeUpload> {
    signal.throwIfAborted();
    const { code, maxUploadBytes = LIMITS.maxUploadedCodeBytes } = this.#deps;
    const bytes =
      archive instanceof Uint8Array ? archive : await collect(archive, { maxUploadBytes, signal });
    if (bytes !== undefined && bytes.byteLength <= maxUploadBytes) return code.put(bytes, signal);
    const limit = describeBytes(maxUploadBytes);
    return refuse('CodeTooLarge', `The archive is larger than ${limit}.`);
  }

  open(codeSha256: string, signal: AbortSignal): Promise<ReadableArchive | undefined> {
    return this.#deps.codeStore.open(codeSha256, signal);
  }
}

/** Undefined when there is more than allowed. */
async function collect(
  pieces: AsyncIterable<Uint8Array>,
  { maxUploadBytes, signal }: { readonly maxUploadBytes: number; readonly signal: AbortSignal },
): Promise<Uint8Array | undefined> {
  const collected: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    signal.throwIfAborted();
    bytes += piece.byteLength;
    if (bytes > maxUploadBytes) return undefined;
    collected.push(piece);
  }
  return Buffer.concat(collected);
}
