import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { mergeFolder, unpackZip } from '@mayfly/code';
import type { CodeStore } from '@mayfly/core';

/** What unpacking layers needs. */
export interface LocalLayersOptions {
  readonly codeStore: Pick<CodeStore, 'get'>;
  /** A folder of this object alone, which it empties: it holds what can be made again. */
  readonly layersDir: string;
}

/** Layers of functions as folders: one for each list of archives, which all that have that list share. */
export class LocalLayers {
  readonly #options: LocalLayersOptions;
  readonly #making = new Map<string, Promise<string>>();
  #emptied: Promise<void> | undefined;

  constructor(options: LocalLayersOptions) {
    this.#options = options;
  }

  /** The folder with the content of these archives: of two that have the same file the later one wins. */
  ensure(digests: readonly string[], signal?: AbortSignal): Promise<string> {
    const name = createHash('sha256').update(digests.join('\n')).digest('hex');
    const running = this.#making.get(name);
    if (running !== undefined) return running;
    const making = this.#make(name, digests, signal).finally(() => {
      this.#making.delete(name);
    });
    this.#making.set(name, making);
    return making;
  }

  async #make(
    name: string,
    digests: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const { layersDir } = this.#options;
    // What a former run left may be half of what it should be.
    this.#emptied ??= rm(layersDir, { recursive: true, force: true });
    await this.#emptied;
    const folder = path.join(layersDir, name);
    if (await isDirectory(folder)) return folder;
    const staging = path.join(layersDir, `${name}.${randomUUID()}`);
    try {
      await mkdir(staging, { recursive: true });
      for (const digest of digests) await this.#add(digest, staging, signal);
      await rename(staging, folder);
    } catch (error) {
      await rm(staging, { recursive: true, force: true });
      throw error;
    }
    return folder;
  }

  async #add(codeSha256: string, target: string, signal: AbortSignal | undefined): Promise<void> {
    const archive = await this.#options.codeStore.get(codeSha256, signal);
    if (archive === undefined) throw new Error(`finding the layer ${codeSha256} in the store`);
    const part = `${target}.part`;
    const result = await unpackZip(archive, part);
    if (result.kind !== 'unpacked') {
      throw new Error(`unpacking the layer ${codeSha256}: ${result.message}`);
    }
    await mergeFolder(part, target);
  }
}

async function isDirectory(folder: string): Promise<boolean> {
  return (await stat(folder).catch(() => undefined))?.isDirectory() ?? false;
}
