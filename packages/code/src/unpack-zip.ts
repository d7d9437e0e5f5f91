import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, rename, rm, stat, symlink, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';
import type { Entry, ZipFile } from 'yauzl';
import { planArchive, type ArchivePlan, type PlannedFile } from './archive-plan.ts';
import { DEFAULT_CODE_LIMITS, describeBytes, type CodeLimits } from './code-limits.ts';
import { asRefusal, openArchive } from './open-archive.ts';
import { orRefusal, RefusedCodeError, type CodeRefusal } from './refusal.ts';
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
import { isLittle, writeAtOnce } from './write-at-once.ts';

/** What became of an archive. After a refusal nothing of it is on the disk. */
export type UnpackResult =
  { readonly kind: 'unpacked'; readonly unpackedBytes: number } | CodeRefusal;

/** Part of the names of directories that are not complete yet. */
export const STAGING_MARK = '.staging-';

/** How an archive is unpacked. */
export interface UnpackOptions {
  readonly limits?: CodeLimits;
  /** Everybody may read what is unpacked, whatever modes its author's files had. Default: as the author says. */
  readonly isForEverybody?: boolean;
  /** This process has nothing else to do meanwhile. Default: it has. */
  readonly isAlone?: boolean;
}

/** Files that are written at the same time: most of the time of a small one is spent waiting. */
const WRITERS = 8;

/**
 * Unpacks an archive that is in memory or in a file into `targetDir`, which appears complete or not at all; one that exists is taken as done.
 * Names, links, sizes and kinds of all entries are checked before anything is written, sizes and
 * checksums again while writing.
 */
export async function unpackZip(
  archive: Uint8Array | { readonly path: string },
  targetDir: string,
  { limits = DEFAULT_CODE_LIMITS, isForEverybody = false, isAlone = false }: UnpackOptions = {},
): Promise<UnpackResult> {
  return orRefusal(async () => {
    const zip = await openArchive(archive);
    const staging = `${targetDir}${STAGING_MARK}${randomUUID()}`;
    let isMoved = false;
    try {
      const plan = await asRefusal(() => planArchive(zip, limits));
      const target = { staging, limits, isForEverybody };
      const unpackedBytes =
        isAlone && !('path' in archive) && isLittle(plan)
          ? await writeAtOnce({ zip, bytes: archive }, plan, target)
          : await new Writing(zip, target).write(plan);
      isMoved = await moveIntoPlace(staging, targetDir);
      return { kind: 'unpacked', unpackedBytes } as const;
    } finally {
      zip.close();
      if (!isMoved) await rm(staging, { recursive: true, force: true });
    }
  });
}

/** One archive on its way to the disk. */
class Writing {
  readonly #zip: ZipFile;
  readonly #to: UnpackTarget;
  #remainingBytes: number;
  #taken = 0;

  constructor(zip: ZipFile, to: UnpackTarget) {
    this.#zip = zip;
    this.#to = to;
    this.#remainingBytes = to.limits.maxUnpackedBytes;
  }

  /** Answers how many bytes it has written. */
  async write({ directories, files, links }: ArchivePlan): Promise<number> {
    const { staging, limits } = this.#to;
    await this.#makeDirectory(staging);
    for (const directory of [...directories].sort()) {
      await this.#makeDirectory(path.join(staging, directory));
    }
    const writers = Array.from({ length: WRITERS }, () => this.#writeFiles(files));
    // All have ended before anybody cleans up behind them.
    const failed = (await Promise.allSettled(writers)).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
    // Links last: nothing is ever written through one.
    for (const [link, target] of links) await symlink(target, path.join(staging, link));
    return limits.maxUnpackedBytes - this.#remainingBytes;
  }

  async #makeDirectory(directory: string): Promise<void> {
    await mkdir(directory, { recursive: true });
    if (this.#to.isForEverybody) await chmod(directory, OPEN_FOLDER);
  }

  /** Takes one after the other, as the other writers do, until there is none or one of them has failed. */
  async #writeFiles(files: readonly PlannedFile[]): Promise<void> {
    for (let file = files[this.#taken++]; file !== undefined; file = files[this.#taken++]) {
      try {
        await this.#writeFile(file);
      } catch (error) {
        this.#taken = files.length;
        throw error;
      }
    }
  }

  async #writeFile(file: PlannedFile): Promise<void> {
    const handle = await open(path.join(this.#to.staging, file.path), NEW_FILE, UNFINISHED);
    try {
      checkChecksum(await this.#copyEntry(file, handle), file);
      await handle.chmod(modeOf(file, this.#to));
    } finally {
      await handle.close();
    }
  }

  /** Answers the checksum of what it has copied. */
  async #copyEntry(file: PlannedFile, handle: FileHandle): Promise<number> {
    const { entry } = file;
    if (!isSmall(entry)) return this.#copyPieces(file, handle);
    const bytes = await asRefusal(() => readWhole(this.#zip, entry));
    this.#remainingBytes -= bytes.length;
    if (this.#remainingBytes < 0) throw tooLarge(this.#to.limits);
    await writeAll(handle, bytes);
    return crc32(bytes);
  }

  async #copyPieces(file: PlannedFile, handle: FileHandle): Promise<number> {
    const stream = await asRefusal(() => this.#zip.openReadStreamPromise(file.entry));
    const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    let checksum = 0;
    try {
      for (;;) {
        const chunk = await asRefusal(() => chunks.next());
        if (chunk.done === true) return checksum;
        this.#remainingBytes -= chunk.value.length;
        if (this.#remainingBytes < 0) throw tooLarge(this.#to.limits);
        checksum = crc32(chunk.value, checksum);
        await writeAll(handle, chunk.value);
      }
    } finally {
      stream.destroy();
    }
  }
}

/** Every piece of 16 KB is a wake-up of another thread for its inflation, and one for its writing. */
const MAX_WHOLE_BYTES = 1024 * 1024;
const inflate = promisify(inflateRaw);

function isSmall({ compressedSize, uncompressedSize }: Entry): boolean {
  return Math.max(compressedSize, uncompressedSize) <= MAX_WHOLE_BYTES;
}

async function readWhole(zip: ZipFile, entry: Entry): Promise<Buffer> {
  const packed = await buffer(await zip.openReadStreamPromise(entry, { decodeFileData: false }));
  const bytes =
    entry.compressionMethod === STORED ? packed : await inflate(packed, boundsOf(entry));
  checkLength(bytes, entry);
  return bytes;
}

async function writeAll(handle: FileHandle, chunk: Buffer): Promise<void> {
  for (let offset = 0; offset < chunk.length;) {
    offset += (await handle.write(chunk, offset)).bytesWritten;
  }
}

function tooLarge(limits: CodeLimits): RefusedCodeError {
  return new RefusedCodeError(
    'CodeTooLarge',
    `The archive unpacks to more than ${describeBytes(limits.maxUnpackedBytes)}.`,
  );
}

/** False when somebody else unpacked the same archive in the meantime: theirs is as good. */
async function moveIntoPlace(staging: string, targetDir: string): Promise<boolean> {
  try {
    await rename(staging, targetDir);
    return true;
  } catch (error) {
    if ((await stat(targetDir).catch(() => undefined))?.isDirectory() === true) return false;
    throw new Error(`moving unpacked code to ${targetDir}`, { cause: error });
  }
}
