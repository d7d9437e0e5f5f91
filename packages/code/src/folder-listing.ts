import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import path from 'node:path';
import { describeBytes, type CodeLimits } from './code-limits.ts';
import { RefusedCodeError } from './refusal.ts';

/** A file or link of a folder. */
export interface FolderItem {
  readonly kind: 'file' | 'link';
  /** With `/`, relative to the folder. */
  readonly path: string;
  readonly stats: BigIntStats;
  /** What the link says; absent for files. */
  readonly target?: string;
}

/**
 * Files and links below a folder, sorted; links are not followed.
 * @throws RefusedCodeError for sockets, pipes and devices, and for more than the limits allow
 */
export async function listFolder(root: string, limits: CodeLimits): Promise<FolderItem[]> {
  const items: FolderItem[] = [];
  const folders = [''];
  let totalBytes = 0n;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of await readdir(path.join(root, folder), { withFileTypes: true })) {
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        folders.push(name);
        continue;
      }
      const item = await toItem(root, name);
      items.push(item);
      totalBytes += item.stats.size;
      checkLimits({ entries: items.length, totalBytes, root }, limits);
    }
  }
  return items.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function toItem(root: string, name: string): Promise<FolderItem> {
  const file = path.join(root, name);
  const stats = await lstat(file, { bigint: true });
  if (stats.isFile()) return { kind: 'file', path: name, stats };
  if (stats.isSymbolicLink()) {
    return { kind: 'link', path: name, stats, target: await readlink(file) };
  }
  throw new RefusedCodeError(
    'UnsafeArchive',
    `${name} is neither a file nor a folder nor a symbolic link: remove it from ${root}.`,
  );
}

function checkLimits(
  seen: { readonly entries: number; readonly totalBytes: bigint; readonly root: string },
  limits: CodeLimits,
): void {
  if (seen.totalBytes > BigInt(limits.maxUnpackedBytes)) {
    throw new RefusedCodeError(
      'CodeTooLarge',
      `${seen.root} holds more than ${describeBytes(limits.maxUnpackedBytes)}, the most that a package may unpack to.`,
    );
  }
  if (seen.entries > limits.maxEntries) {
    throw new RefusedCodeError(
      'CodeTooLarge',
      `${seen.root} holds more than ${limits.maxEntries.toString()} files.`,
    );
  }
}

/** Changes whenever a file of the listing was written, replaced, renamed or removed. */
export function computeFingerprint(items: readonly FolderItem[]): string {
  const hash = createHash('sha256');
  for (const { path: name, stats, target } of items) {
    const facts = [stats.mode, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs];
    hash.update(`${name}\0${target ?? ''}\0${facts.join(' ')}\n`);
  }
  return hash.digest('hex');
}

/** When the youngest of them last changed, in milliseconds since 1970; 0 for none. */
export function computeNewestChangeMs(items: readonly FolderItem[]): number {
  return items.reduce((newest, { stats }) => Math.max(newest, Number(stats.ctimeMs)), 0);
}
