import { watch, type FSWatcher } from 'node:fs';
import { stat } from 'node:fs/promises';

interface Watched {
  /** Tells a directory from another that took its place. */
  readonly identity: string;
  readonly watcher: FSWatcher;
}

/**
 * One watch per directory, as inotify has them. Node's own recursive watch on Linux also follows
 * `node_modules` and fails on directories that vanish while it walks.
 */
export class DirectoryWatchers {
  readonly #watched = new Map<string, Watched>();
  readonly #onChange: (directory: string, entryName: string | undefined) => void;

  /** @param onChange is told the directory and, where the system says it, which entry changed */
  constructor(onChange: (directory: string, entryName: string | undefined) => void) {
    this.#onChange = onChange;
  }

  /** Watches these directories and no others. True when one is new: what happened in it before is not known. */
  async set(directories: readonly string[]): Promise<boolean> {
    const wanted = new Set(directories);
    for (const path of this.#watched.keys()) if (!wanted.has(path)) this.#forget(path);
    let isAnyNew = false;
    for (const path of wanted) isAnyNew = (await this.#ensure(path)) || isAnyNew;
    return isAnyNew;
  }

  close(): void {
    for (const path of [...this.#watched.keys()]) this.#forget(path);
  }

  async #ensure(path: string): Promise<boolean> {
    try {
      const { ino, birthtimeMs } = await stat(path);
      const identity = `${ino.toString()}:${birthtimeMs.toString()}`;
      if (this.#watched.get(path)?.identity === identity) return false;
      this.#forget(path);
      const watcher = watch(path, { persistent: false });
      watcher.on('change', (_type, entryName) => {
        this.#onChange(path, typeof entryName === 'string' ? entryName : undefined);
      });
      watcher.on('error', () => {
        this.#forget(path);
        this.#onChange(path, undefined);
      });
      this.#watched.set(path, { identity, watcher });
      return true;
    } catch {
      // It is gone again: its parent's watch tells of the next change.
      return false;
    }
  }

  #forget(path: string): void {
    this.#watched.get(path)?.watcher.close();
    this.#watched.delete(path);
  }
}
