import type { ResolvedImage } from '@mayfly/api';

/** An archive in the store. */
export interface StoredCode {
  /** Base64 SHA-256 of the archive: its key. */
  readonly codeSha256: string;
  /** Bytes. */
  readonly codeSize: number;
}

/** An archive in a file. */
export interface ArchiveFile extends StoredCode {
  readonly path: string;
}

/** An archive that is read piece by piece: nobody need hold all of it. */
export interface ReadableArchive {
  /** Bytes. */
  readonly codeSize: number;
  /** The bytes from `start` on (default: the first), each time it is called. */
  read(signal?: AbortSignal, start?: number): AsyncIterable<Uint8Array>;
}

/** Archives by their digest; immutable. */
export interface CodeStore {
  /** Keeps the archive; the same bytes again are a no-op. */
  put(archive: Uint8Array, signal?: AbortSignal): Promise<StoredCode>;
  /** Keeps the archive that is in a file, whose digest and size are known already. The file stays. */
  putFile(file: ArchiveFile, signal?: AbortSignal): Promise<void>;
  /** The archive, or undefined. */
  get(codeSha256: string, signal?: AbortSignal): Promise<Uint8Array | undefined>;
  /** The archive, to be read piece by piece, or undefined. */
  open(codeSha256: string, signal?: AbortSignal): Promise<ReadableArchive | undefined>;
  /** Forgets every archive whose digest `keep` has not: each is asked for right before it is forgotten. */
  retain(keep: Pick<ReadonlySet<string>, 'has'>, signal?: AbortSignal): Promise<void>;
}

/** The code of a function, ready to run: an archive in the store, or an image. */
export interface ResolvedCode extends StoredCode {
  readonly image?: ResolvedImage | undefined;
  /** Names the text that it was resolved from: while that stays, nothing is read again. */
  readonly codeSource?: string | undefined;
}

/** What became of `spec.code`. A refusal is the user's to mend; a thrown error is worth a retry. */
export type CodeResolution =
  | ({ readonly kind: 'resolved' } & ResolvedCode)
  | {
      readonly kind: 'refused';
      readonly reason: string;
      readonly message: string;
      /** When it is tried again, where that is known. */
      readonly retryAfterMs?: number | undefined;
    };

/** How far it is with `spec.code` where that is not waited for. */
export type CodeProgress =
  | CodeResolution
  | {
      readonly kind: 'pending';
      readonly message: string;
      /** When to ask again, unless it is told before. */
      readonly retryAfterMs?: number | undefined;
    };
