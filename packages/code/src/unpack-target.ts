import { constants } from 'node:fs';
import type { Entry } from 'yauzl';
import type { PlannedFile } from './archive-plan.ts';
import type { CodeLimits } from './code-limits.ts';
import { RefusedCodeError } from './refusal.ts';

/** Where an archive is written, and how. */
export interface UnpackTarget {
  /** Folder that is renamed when it is complete. */
  readonly staging: string;
  readonly limits: CodeLimits;
  readonly isForEverybody: boolean;
}

/** A file is made, never found, and never through a link. */
export const NEW_FILE =
  constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
/** Mode while it is written. */
export const UNFINISHED = 0o600;
/** Mode of folders that everybody may read. */
export const OPEN_FOLDER = 0o755;
/** The compression method of entries that are not compressed. */
export const STORED = 0;
/** The least that zlib takes. */
const MIN_CHUNK_BYTES = 64;

/** Mode of a file that is complete. */
export function modeOf({ mode }: PlannedFile, { isForEverybody }: UnpackTarget): number {
  if (!isForEverybody) return mode;
  return (mode & 0o111) === 0 ? 0o644 : 0o755;
}

/** Inflates into one piece, and one byte more than the entry says at the most. */
export function boundsOf({ uncompressedSize }: Entry): {
  readonly chunkSize: number;
  readonly maxOutputLength: number;
} {
  const bytes = Math.max(MIN_CHUNK_BYTES, uncompressedSize + 1);
  return { chunkSize: bytes, maxOutputLength: bytes };
}

/** @throws Error unless the entry is as long as it says */
export function checkLength(bytes: Uint8Array, { uncompressedSize }: Entry): void {
  if (bytes.length === uncompressedSize) return;
  throw new Error(
    `an entry has ${bytes.length.toString()} bytes, and not ${uncompressedSize.toString()} as it says`,
  );
}

/** @throws RefusedCodeError unless the checksum is that of the entry */
export function checkChecksum(checksum: number, { path, entry }: PlannedFile): void {
  if (checksum === entry.crc32) return;
  throw new RefusedCodeError(
    'InvalidZipFile',
    `The archive is damaged: the checksum of ${JSON.stringify(path)} does not match.`,
  );
}
