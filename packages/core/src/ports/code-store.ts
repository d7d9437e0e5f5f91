/** An archive in the store. */
export interface StoredCode {
  /** Base64 SHA-256 of the archive: its key. */
  readonly codeSha256: string;
  /** Bytes. */
  readonly codeSize: number;
}

/** Archives by their digest; immutable. */
export interface CodeStore {
  /** Keeps the archive; the same bytes again are a no-op. */
  put(archive: Uint8Array, signal?: AbortSignal): Promise<StoredCode>;
  /** The archive, or undefined. */
  get(codeSha256: string, signal?: AbortSignal): Promise<Uint8Array | undefined>;
  /** Forgets every archive whose digest is not in `keep`. */
  retain(keep: ReadonlySet<string>, signal?: AbortSignal): Promise<void>;
}

/** What became of `spec.code`. A refusal is the user's to mend; a thrown error is worth a retry. */
export type CodeResolution =
  | ({ readonly kind: 'resolved' } & StoredCode)
  | { readonly kind: 'refused'; readonly reason: string; readonly message: string };
