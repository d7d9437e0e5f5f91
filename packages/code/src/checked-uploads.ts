import type { CodeStore, CodeUpload, CodeUploads, ReadableArchive } from '@mayfly/core';
import { LIMITS } from '@mayfly/lambda-api';
import { checkZip } from './check-zip.ts';
import { DEFAULT_CODE_LIMITS, type CodeLimits } from './code-limits.ts';
import { FetchTurns } from './fetch-turns.ts';
import { orRefusal } from './refusal.ts';
import { StagingFolder } from './staging-folder.ts';

/** What taking uploads needs. */
export interface CheckedUploadsDeps {
  readonly codeStore: Pick<CodeStore, 'open' | 'putFile'>;
  /** A folder of these uploads alone, which they empty. */
  readonly stagingDir: string;
  /** Called before an archive is put into the store: nobody forgets it from then on. */
  readonly claim: (codeSha256: string) => Promise<void>;
  /** Called when an archive is in the store: the upload is answered when this is over. */
  readonly awaitCopy?: (codeSha256: string, signal: AbortSignal) => Promise<void>;
  readonly limits?: CodeLimits;
  /** Default: Lambda's 50 MB. */
  readonly maxUploadBytes?: number;
}

/** Of those that are in a file: at 50 MB each they leave room on the disk for what is fetched meanwhile. */
const MAX_STAGED = 8;
const EVERYBODY = '';

/** Uploads into a code store: each goes through a file, and is looked at before it enters. */
export class CheckedUploads implements CodeUploads {
  readonly #deps: CheckedUploadsDeps;
  readonly #staging: StagingFolder;
  readonly #turns = new FetchTurns({ total: MAX_STAGED, perNamespace: MAX_STAGED });

  constructor(deps: CheckedUploadsDeps) {
    this.#deps = deps;
    this.#staging = new StagingFolder(deps.stagingDir);
  }

  async put(
    archive: Uint8Array | AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<CodeUpload> {
    const chunks = abortable(archive instanceof Uint8Array ? [archive] : archive, signal);
    const upload = await orRefusal(() =>
      this.#turns.run(EVERYBODY, () => this.#take(chunks, signal), signal),
    );
    // Not in its turn: others need not wait for that.
    if (upload.kind === 'stored') await this.#deps.awaitCopy?.(upload.codeSha256, signal);
    return upload;
  }

  open(codeSha256: string, signal: AbortSignal): Promise<ReadableArchive | undefined> {
    return this.#deps.codeStore.open(codeSha256, signal);
  }

  #take(chunks: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<CodeUpload> {
    const { codeStore, claim, limits = DEFAULT_CODE_LIMITS } = this.#deps;
    const { maxUploadBytes = LIMITS.maxUploadedCodeBytes } = this.#deps;
    return this.#staging.with(chunks, maxUploadBytes, async (file) => {
      const refusal = await checkZip(file, limits);
      if (refusal !== undefined) return refusal;
      await claim(file.codeSha256);
      await codeStore.putFile(file, signal);
      return { kind: 'stored', codeSha256: file.codeSha256, codeSize: file.codeSize };
    });
  }
}

async function* abortable(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    yield chunk;
  }
}
