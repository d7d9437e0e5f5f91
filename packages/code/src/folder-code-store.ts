import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  copyFile,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import type { ArchiveFile, CodeStore, ReadableArchive, StoredCode } from '@mayfly/core';

const ARCHIVE = /^[0-9a-f]{64}\.zip$/;

/** How a folder differs from the default. */
export interface FolderCodeStoreOptions {
  /** What was put so short a time ago is never forgotten. Default: 0. */
  readonly graceMs?: number;
}

/** Archives as `<hex digest>.zip` in one folder. */
export class FolderCodeStore implements CodeStore {
  readonly #folder: string;
  readonly #graceMs: number;

  constructor(folder: string, { graceMs = 0 }: FolderCodeStoreOptions = {}) {
    this.#folder = folder;
    this.#graceMs = graceMs;
  }

  async put(archive: Uint8Array, signal?: AbortSignal): Promise<StoredCode> {
    const digest = createHash('sha256').update(archive).digest();
    const stored = { codeSha256: digest.toString('base64'), codeSize: archive.byteLength };
    await this.#write(stored, (unfinished) =>
      writeFile(unfinished, archive, signal === undefined ? {} : { signal }),
    );
    return stored;
  }

  async putFile(file: ArchiveFile, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await this.#write(file, (unfinished) => copyFile(file.path, unfinished));
  }

  async get(codeSha256: string, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    const file = this.#path(toHexDigest(codeSha256));
    return readFile(file, signal === undefined ? {} : { signal }).catch(missingAsUndefined(file));
  }

  async open(codeSha256: string, signal?: AbortSignal): Promise<ReadableArchive | undefined> {
    signal?.throwIfAborted();
    const file = this.#path(toHexDigest(codeSha256));
    const found = await stat(file).catch(missingAsUndefined(file));
    if (found === undefined) return undefined;
    return {
      codeSize: found.size,
      read: (reading, start = 0) =>
        createReadStream(file, { start, ...(reading && { signal: reading }) }),
    };
  }

  /** All archives that there are. */
  async list(): Promise<readonly StoredCode[]> {
    const names = await readdir(this.#folder).catch(missingAsUndefined(this.#folder));
    const found: StoredCode[] = [];
    for (const name of names ?? []) {
      if (!ARCHIVE.test(name)) continue;
      const file = path.join(this.#folder, name);
      const size = (await stat(file).catch(missingAsUndefined(file)))?.size;
      if (size === undefined) continue;
      found.push({ codeSha256: fromHexDigest(name.slice(0, 64)), codeSize: size });
    }
    return found;
  }

  async retain(keep: Pick<ReadonlySet<string>, 'has'>, signal?: AbortSignal): Promise<void> {
    const names = await readdir(this.#folder).catch(() => []);
    for (const name of names) {
      signal?.throwIfAborted();
      if (!ARCHIVE.test(name) || (await this.#isYoung(name))) continue;
      if (keep.has(fromHexDigest(name.slice(0, 64)))) continue;
      await rm(path.join(this.#folder, name), { force: true });
    }
  }

  async #write(
    { codeSha256, codeSize }: StoredCode,
    write: (unfinished: string) => Promise<void>,
  ): Promise<void> {
    const file = this.#path(toHexDigest(codeSha256));
    if ((await stat(file).catch(() => undefined))?.size === codeSize) {
      await this.#touch(file);
      return;
    }
    await mkdir(this.#folder, { recursive: true });
    // A name of its own, then a rename: readers see the whole archive or none.
    const unfinished = `${file}.${randomUUID()}.part`;
    try {
      await write(unfinished);
      await rename(unfinished, file);
    } catch (cause) {
      await rm(unfinished, { force: true });
      throw new Error(`storing the archive ${file}`, { cause });
    }
  }

  /** Its time is when it was put last. */
  async #touch(file: string): Promise<void> {
    if (this.#graceMs === 0) return;
    const now = new Date();
    await utimes(file, now, now).catch(missingAsUndefined(file));
  }

  async #isYoung(name: string): Promise<boolean> {
    if (this.#graceMs === 0) return false;
    const file = path.join(this.#folder, name);
    const found = await stat(file).catch(missingAsUndefined(file));
    return found !== undefined && found.mtimeMs > Date.now() - this.#graceMs;
  }

  #path(hexDigest: string): string {
    return path.join(this.#folder, `${hexDigest}.zip`);
  }
}

/** Base64 digest → hex, which can be a file name. */
export function toHexDigest(codeSha256: string): string {
  return Buffer.from(codeSha256, 'base64').toString('hex');
}

/** The base64 digest of a file's name. */
export function fromHexDigest(hexDigest: string): string {
  return Buffer.from(hexDigest, 'hex').toString('base64');
}

function missingAsUndefined(file: string): (cause: unknown) => undefined {
  return (cause) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new Error(`reading the archive ${file}`, { cause });
  };
}
