import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Files } from './runtimes.ts';

const EXECUTABLES: readonly string[] = ['bootstrap', 'wrapper'];

/** Writes the files of a package into a folder. */
export function writeFiles(folder: string, files: Files): void {
  for (const [name, content] of Object.entries(files)) {
    const mode = EXECUTABLES.includes(name) ? 0o755 : 0o644;
    writeFileSync(path.join(folder, name), content, { mode });
  }
}
