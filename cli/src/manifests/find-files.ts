import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CliError, EXIT_CODES } from '../exit-codes.ts';

const MANIFEST_FILE = /\.ya?ml$/i;

/**
 * The manifests that a path names: itself, or the YAML files of a folder and of those in it, in the order
 * of their names. Hidden folders and `node_modules` hold none.
 * @throws CliError `usage` when there is nothing to read
 */
export async function findManifestFiles(cwd: string, path: string): Promise<readonly string[]> {
  const isDirectory = await isFolder(resolve(cwd, path), path);
  if (!isDirectory) return [path];
  const files = await listFolder(cwd, path);
  if (files.length > 0) return files;
  throw new CliError(EXIT_CODES.usage, `there are no .yaml or .yml files in ${path}`);
}

async function isFolder(absolutePath: string, path: string): Promise<boolean> {
  try {
    return (await stat(absolutePath)).isDirectory();
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const text = isMissing ? 'there is no such file or folder' : (error as Error).message;
    throw new CliError(EXIT_CODES.usage, `reading ${path}: ${text}`, { cause: error });
  }
}

async function listFolder(cwd: string, folder: string): Promise<readonly string[]> {
  const entries = await readdir(resolve(cwd, folder), { withFileTypes: true });
  const files: string[] = [];
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    if (entry.isDirectory()) files.push(...(await listFolder(cwd, path)));
    else if (MANIFEST_FILE.test(entry.name)) files.push(path);
  }
  return files;
}
