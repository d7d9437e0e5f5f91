import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { CodeStore, StoredCode } from '@mayfly/core';

const ARCHIVE = /^[0-9a-f]{64}\.zip$/;

/** Archives as `<hex digest>.zip` in one folder. */
export class FolderCodeStore implements CodeStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async put(archive: Uint8Array, signal?: AbortSignal): Promise<StoredCode> {
    const digest = createHash('sha256').update(archive).digest();
    const stored = { codeSha256: digest.toString('base64'), codeSize: archive.byteLength };
    const file = this.#path(digest.toString('hex'));
    if ((await stat(file).catch(() => undefined))?.size === archive.byteLength) return stored;
    await mkdir(this.#folder, { recursive: true });
    // A name of its own, then a rename: readers see the whole archive or none.
    const unfinished = `${file}.${randomUUID()}.part`;
    try {
      await writeFile(unfinished, archive, signal === undefined ? {} : { signal });
      await rename(unfinished, file);
    } catch (cause) {
      await rm(unfinished, { force: true });
      throw new Error(`storing the archive ${file}`, { cause });
    }
    return stored;
  }

  async get(codeSha256: string, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    const file = this.#path(toHexDigest(codeSha256));
    try {
      return await readFile(file, signal === undefined ? {} : { signal });
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
      throw new Error(`reading the archive ${file}`, { cause });
    }
  }

  async retain(keep: ReadonlySet<string>): Promise<void> {
    const kept = new Set([...keep].map((codeSha256) => `${toHexDigest(codeSha256)}.zip`));
    const names = await readdir(this.#folder).catch(() => []);
    for (const name of names) {
      if (kept.has(name) || !ARCHIVE.test(name)) continue;
      await rm(path.join(this.#folder, name), { force: true });
    }
  }

  #path(hexDigest: string): string {
    return path.join(this.#folder, `${hexDigest}.zip`);
  }
}

/** Base64 digest → hex, which can be a file name. */
export function toHexDigest(codeSha256: string): string {
  return Buffer.from(codeSha256, 'base64').toString('hex');
}
