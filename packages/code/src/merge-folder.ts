import { lstat, mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';

/**
 * Moves all that is in `source` into `target` and removes `source`. Folders that both have become one; of all else the
 * moved one stays, as with layers that are unpacked one after the other. No link is followed. Both are on one file system.
 */
export async function mergeFolder(source: string, target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  for (const entry of await readdir(source, { withFileTypes: true })) {
    const from = path.join(source, entry.name);
    const to = path.join(target, entry.name);
    const there = await lstat(to).catch(() => undefined);
    if (entry.isDirectory() && there?.isDirectory() === true) {
      await mergeFolder(from, to);
      continue;
    }
    if (there !== undefined) await rm(to, { recursive: true });
    await rename(from, to);
  }
  await rmdir(source);
}
