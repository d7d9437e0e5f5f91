import {
  chmodSync,
  closeSync,
  fchmodSync,
  mkdirSync,
  openSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { crc32, inflateRawSync } from 'node:zlib';
import type { Entry, ZipFile } from 'yauzl';
import type { ArchivePlan, PlannedFile } from './archive-plan.ts';
import { asRefusal } from './open-archive.ts';
import {
  boundsOf,
  checkChecksum,
  checkLength,
  modeOf,
  NEW_FILE,
  OPEN_FOLDER,
  STORED,
  UNFINISHED,
  type UnpackTarget,
} from './unpack-target.ts';

/** More than this is not held in memory, and not done in one go. */
const MAX_BYTES_AT_ONCE = 4 * 1024 * 1024;

/** True when what is to be written is little. */
export function isLittle({ files }: ArchivePlan): boolean {
  const bytes = files.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0);
  return bytes <= MAX_BYTES_AT_ONCE;
}

/**
 * Writes an archive that is in memory in one go, and answers how many bytes. Each step that another thread does costs
 * two wake-ups, and on a busy machine every one of them waits for its turn.
 */
export async function writeAtOnce(
  archive: { readonly zip: ZipFile; readonly bytes: Uint8Array },
  { directories, files, links }: ArchivePlan,
  target: UnpackTarget,
): Promise<number> {
  const { staging } = target;
  makeDirectory(staging, target);
  for (const directory of [...directories].sort()) {
    makeDirectory(path.join(staging, directory), target);
  }
  let unpackedBytes = 0;
  for (const file of files) {
    const content = await asRefusal(() => readEntry(archive, file.entry));
    checkChecksum(crc32(content), file);
    writeFile(file, content, target);
    unpackedBytes += content.length;
  }
  // Links last: nothing is ever written through one.
  for (const [link, says] of links) symlinkSync(says, path.join(staging, link));
  return unpackedBytes;
}

function makeDirectory(directory: string, { isForEverybody }: UnpackTarget): void {
  mkdirSync(directory, { recursive: true });
  if (isForEverybody) chmodSync(directory, OPEN_FOLDER);
}

async function readEntry(
  { zip, bytes }: { readonly zip: ZipFile; readonly bytes: Uint8Array },
  entry: Entry,
): Promise<Uint8Array> {
  const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
  const packed = bytes.subarray(fileDataStart, fileDataStart + entry.compressedSize);
  const content =
    entry.compressionMethod === STORED ? packed : inflateRawSync(packed, boundsOf(entry));
  checkLength(content, entry);
  return content;
}

function writeFile(file: PlannedFile, content: Uint8Array, target: UnpackTarget): void {
  const handle = openSync(path.join(target.staging, file.path), NEW_FILE, UNFINISHED);
  try {
    for (let offset = 0; offset < content.length;) {
      offset += writeSync(handle, content, offset);
    }
    fchmodSync(handle, modeOf(file, target));
  } finally {
    closeSync(handle);
  }
}
