import { mkdir, rm } from 'node:fs/promises';
import type { ArchiveFile } from '@mayfly/core';
import { stageArchive } from './stage-archive.ts';

/** A folder of its owner alone, which empties it before its first use: archives are in it while they are looked at. */
export class StagingFolder {
  readonly #folder: string;
  #emptied: Promise<void> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Writes an archive to a file, which is there until it was used.
   * @throws RefusedCodeError when there are more bytes than allowed
   */
  async with<T>(
    chunks: AsyncIterable<Uint8Array>,
    maxBytes: number,
    use: (file: ArchiveFile) => Promise<T>,
  ): Promise<T> {
    this.#emptied ??= empty(this.#folder).catch((error: unknown) => {
      this.#emptied = undefined;
      throw error;
    });
    await this.#emptied;
    const file = await stageArchive(chunks, { folder: this.#folder, maxBytes });
    try {
      return await use(file);
    } finally {
      await rm(file.path, { force: true });
    }
  }
}

/** What a program left that ended while it looked at archives. */
async function empty(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
}
