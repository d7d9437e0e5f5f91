import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { DEFAULT_CODE_LIMITS } from './code-limits.ts';
import { listFolder, type FolderItem } from './folder-listing.ts';
import { findEscapingLink } from './link-check.ts';
import { makeZip, type ZipEntry } from './make-zip.ts';
import { RefusedCodeError } from './refusal.ts';

/**
 * Archive of a folder: same contents, same bytes. Links stay links.
 * @throws RefusedCodeError when a link leaves the folder, or the folder holds too much
 */
export async function zipFolder(root: string, items?: readonly FolderItem[]): Promise<Buffer> {
  const listed = items ?? (await listFolder(root, DEFAULT_CODE_LIMITS));
  refuseEscapingLinks(root, listed);
  const entries: ZipEntry[] = [];
  for (const item of listed) entries.push(await toEntry(root, item));
  return makeZip(entries);
}

function refuseEscapingLinks(root: string, items: readonly FolderItem[]): void {
  const links = new Map<string, string>();
  for (const item of items) if (item.target !== undefined) links.set(item.path, item.target);
  const escaping = findEscapingLink(links);
  if (escaping === undefined) return;
  throw new RefusedCodeError(
    'UnsafeArchive',
    `The symbolic link ${escaping} leads out of ${root}: make it relative and point inside, or put the file in its place.`,
  );
}

async function toEntry(root: string, item: FolderItem): Promise<ZipEntry> {
  if (item.target !== undefined) return { kind: 'link', path: item.path, target: item.target };
  return {
    kind: 'file',
    path: item.path,
    content: await readFile(path.join(root, item.path)),
    isExecutable: (item.stats.mode & 0o100n) !== 0n,
  };
}
