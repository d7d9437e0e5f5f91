import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, rename, rm, stat, symlink, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import type { ZipFile } from 'yauzl';
import { planArchive, type ArchivePlan, type PlannedFile } from './archive-plan.ts';
import { DEFAULT_CODE_LIMITS, describeBytes, type CodeLimits } from './code-limits.ts';
import { asRefusal, openArchive } from './open-archive.ts';
import { orRefusal, RefusedCodeError, type CodeRefusal } from './refusal.ts';

/** What became of an archive. After a refusal nothing of it is on the disk. */
export type UnpackResult =
  { readonly kind: 'unpacked'; readonly unpackedBytes: number } | CodeRefusal;

/** Part of the names of directories that are not complete yet. */
export const STAGING_MARK = '.staging-';

/**
 * Unpacks into `targetDir`, which appears complete or not at all; one that exists is taken as done.
 * Names, links, sizes and kinds of all entries are checked before anything is written, sizes and
 * checksums again while writing.
 */
export async function unpackZip(
  archive: Uint8Array,
  targetDir: string,
  limits: CodeLimits = DEFAULT_CODE_LIMITS,
): Promise<UnpackResult> {
  return orRefusal(async () => {
    const zip = await openArchive(archive);
    const staging = `${targetDir}${STAGING_MARK}${randomUUID()}`;
    try {
      const plan = await asRefusal(() => planArchive(zip, limits));
      const unpackedBytes = await write({ zip, plan, staging, limits });
      await moveIntoPlace(staging, targetDir);
      return { kind: 'unpacked', unpackedBytes } as const;
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  });
}

interface Writing {
  readonly zip: ZipFile;
  readonly plan: ArchivePlan;
  readonly staging: string;
  readonly limits: CodeLimits;
}

async function write({ zip, plan, staging, limits }: Writing): Promise<number> {
  await mkdir(staging, { recursive: true });
  for (const directory of [...plan.directories].sort()) {
    await mkdir(path.join(staging, directory), { recursive: true });
  }
  let remainingBytes = limits.maxUnpackedBytes;
  for (const file of plan.files) {
    remainingBytes -= await writeFile({ zip, file, staging, remainingBytes });
    if (remainingBytes < 0) throw tooLarge(limits);
  }
  // Links last: nothing is ever written through one.
  for (const [link, target] of plan.links) await symlink(target, path.join(staging, link));
  return limits.maxUnpackedBytes - remainingBytes;
}

interface FileWriting {
  readonly zip: ZipFile;
  readonly file: PlannedFile;
  readonly staging: string;
  readonly remainingBytes: number;
}

/** Writes one file; returns its bytes, more than `remainingBytes` when it was cut off for that. */
async function writeFile({ zip, file, staging, remainingBytes }: FileWriting): Promise<number> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const handle = await open(path.join(staging, file.path), flags, 0o600);
  try {
    const { bytes, checksum } = await copyEntry(zip, file, { handle, remainingBytes });
    if (bytes <= remainingBytes && checksum !== file.entry.crc32) {
      throw new RefusedCodeError(
        'InvalidZipFile',
        `The archive is damaged: the checksum of ${JSON.stringify(file.path)} does not match.`,
      );
    }
    await handle.chmod(file.mode);
    return bytes;
  } finally {
    await handle.close();
  }
}

async function copyEntry(
  zip: ZipFile,
  file: PlannedFile,
  to: { readonly handle: FileHandle; readonly remainingBytes: number },
): Promise<{ bytes: number; checksum: number }> {
  const stream = await asRefusal(() => zip.openReadStreamPromise(file.entry));
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let bytes = 0;
  let checksum = 0;
  try {
    for (;;) {
      const chunk = await asRefusal(() => chunks.next());
      if (chunk.done === true) return { bytes, checksum };
      bytes += chunk.value.length;
      if (bytes > to.remainingBytes) return { bytes, checksum };
      checksum = crc32(chunk.value, checksum);
      await writeAll(to.handle, chunk.value);
    }
  } finally {
    stream.destroy();
  }
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

async function moveIntoPlace(staging: string, targetDir: string): Promise<void> {
  try {
    await rename(staging, targetDir);
  } catch (error) {
    // Somebody else unpacked the same archive in the meantime: theirs is as good.
    if ((await stat(targetDir).catch(() => undefined))?.isDirectory() === true) return;
    throw new Error(`moving unpacked code to ${targetDir}`, { cause: error });
  }
}
