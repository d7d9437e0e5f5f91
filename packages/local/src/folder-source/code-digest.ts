import { createHash } from 'node:crypto';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A hash of the paths, sizes and times of a file or of everything in a folder: cheap enough for every scan.
 * Whether the bytes really differ is found out by who zips them.
 */
export async function computeCodeDigest(path: string): Promise<string> {
  const hash = createHash('sha256');
  for (const relativePath of await listEntries(path)) {
    const stats = await lstat(join(path, relativePath)).catch(() => undefined);
    // Gone since it was listed: the event of its removal brings the next scan.
    if (stats === undefined) continue;
    hash.update(`${relativePath}\0${stats.size.toString()}\0${stats.mtimeMs.toString()}\0`);
    hash.update(`${stats.mode.toString()}\0`);
  }
  return hash.digest('base64url');
}

/** A folder's own time and size say nothing that its entries do not say. */
async function listEntries(path: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
      .sort();
  } catch {
    // A file, or nothing: `lstat` tells them apart.
    return [''];
  }
}
