import type { ReadableArchive, StoredCode } from './code-store.ts';

/** What became of an upload. A refusal is the caller's to mend. */
export type CodeUpload =
  | ({ readonly kind: 'stored' } & StoredCode)
  | {
      readonly kind: 'refused';
      /** A reason of `@mayfly/code`, for example `InvalidZipFile`. */
      readonly reason: string;
      /** A sentence for the caller. */
      readonly message: string;
    };

/**
 * The way of archives between an API and the code store. What is stored stays for an hour at least: by then a resource
 * names it, or it is forgotten.
 */
export interface CodeUploads {
  /**
   * Looks at the archive, then keeps it: what could not be unpacked never enters the store.
   * @throws Error with the code `UNAVAILABLE` when there is nobody to keep it now
   */
  put(archive: Uint8Array | AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<CodeUpload>;
  /**
   * The archive, to be read piece by piece, or undefined.
   * @throws Error with the code `UNAVAILABLE` when there is nobody to ask now
   */
  open(codeSha256: string, signal: AbortSignal): Promise<ReadableArchive | undefined>;
}

/** `code` of an error that says that the code store cannot be reached now, and may be in a moment. */
export const CODE_STORE_UNAVAILABLE = 'UNAVAILABLE';

/** The code store cannot be reached now. */
export class CodeStoreUnavailableError extends Error {
  override readonly name = 'CodeStoreUnavailableError';
  readonly code = CODE_STORE_UNAVAILABLE;
}

/** Recognises a CodeStoreUnavailableError by its code. */
export function isCodeStoreUnavailable(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === CODE_STORE_UNAVAILABLE;
}
