import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { ManifestProblem } from './manifest-problem.ts';
import { parseManifests, type ParsedManifest, type ParsedManifestFile } from './parse-manifests.ts';

/** A manifest and the file that holds it. */
export interface ScannedManifest extends ParsedManifest {
  /** Relative to the folder, with `/`. */
  readonly file: string;
  /** The same value in the next scan when the file has not changed. */
  readonly parsed: ParsedManifest;
}

/** What a folder says at one moment. */
export interface FolderScan {
  readonly manifests: readonly ScannedManifest[];
  readonly problems: readonly ManifestProblem[];
  /** Every manifest file that exists, readable or not, relative to the folder. */
  readonly files: ReadonlySet<string>;
  /** Absolute paths of the directories whose changes matter. */
  readonly directories: readonly string[];
}

/** A directory with such a file, and all below it, is for others: for a cluster, say. */
const IGNORE_FILE = '.mayflyignore';

/** Whether a name is one that neither manifests nor watched code have. */
function isIgnored(name: string): boolean {
  return name.startsWith('.') || name === 'node_modules';
}

/**
 * Reads all manifests of a directory tree.
 * @throws Error when the directory itself cannot be read
 */
export async function scanFolder(
  root: string,
  cache: ManifestCache,
  nowMs: number,
): Promise<FolderScan> {
  const scan = new Scan(root, cache, nowMs);
  await scan.visit(root);
  return scan.finish();
}

/** What files said, by path, so that a change of one file does not parse a thousand again. */
export type ManifestCache = Map<
  string,
  { readonly identity: string; readonly parsed: ParsedManifestFile }
>;

/** A file that changed less than this ago may change again without another time and size. */
const SETTLED_MS = 1000;

interface ScannedFile {
  readonly path: string;
  readonly file: string;
  readonly manifests: readonly ParsedManifest[];
  readonly problems: readonly ManifestProblem[];
}

class Scan {
  readonly #root: string;
  readonly #files: ScannedFile[] = [];
  readonly #directories: string[] = [];
  readonly #problems: ManifestProblem[] = [];
  /** Code folders and the manifest that names each: YAML in there is code, not manifests. */
  readonly #codeFolders = new Map<string, string>();

  readonly #cache: ManifestCache;
  readonly #nowMs: number;

  constructor(root: string, cache: ManifestCache, nowMs: number) {
    this.#root = root;
    this.#cache = cache;
    this.#nowMs = nowMs;
  }

  async visit(directory: string): Promise<void> {
    const entries = await readdir(directory, { withFileTypes: true });
    this.#directories.push(directory);
    const names = entries.map(({ name }) => name).sort();
    if (names.includes(IGNORE_FILE)) return;
    const isDirectory = new Set(
      entries.filter((each) => each.isDirectory()).map(({ name }) => name),
    );
    for (const name of names) {
      if (!isDirectory.has(name) && /\.ya?ml$/.test(name) && !isIgnored(name)) {
        await this.#read(join(directory, name));
      }
    }
    for (const name of names) {
      const path = join(directory, name);
      if (isDirectory.has(name) && !isIgnored(name) && !this.#isCode(join(path, 'x'))) {
        await this.visit(path).catch((error: unknown) => this.#report(path, error));
      }
    }
  }

  async finish(): Promise<FolderScan> {
    // A manifest may name a folder that was visited before the manifest was read.
    const files = this.#files.filter(({ path }) => !this.#isCode(path));
    const paths = new Set(files.map(({ path }) => path));
    for (const path of this.#cache.keys()) if (!paths.has(path)) this.#cache.delete(path);
    const watched = new Set(this.#directories);
    for (const folder of this.#codeFolders.keys()) await addCodeDirectories(folder, watched);
    return {
      manifests: files.flatMap(({ file, manifests }) =>
        manifests.map((parsed) => ({ ...parsed, file, parsed })),
      ),
      problems: [...this.#problems, ...files.flatMap(({ problems }) => problems)],
      files: new Set(files.map(({ file }) => file)),
      directories: [...watched],
    };
  }

  async #read(path: string): Promise<void> {
    const file = this.#relative(path);
    try {
      const { manifests, problems } = await this.#parse(path, file);
      this.#files.push({ path, file, manifests, problems });
      for (const { codePath } of manifests) {
        if (codePath !== undefined) this.#codeFolders.set(codePath, path);
      }
    } catch (error) {
      this.#report(path, error);
      this.#files.push({ path, file, manifests: [], problems: [] });
    }
  }

  async #parse(path: string, file: string): Promise<ParsedManifestFile> {
    const { mtimeMs, size, ino } = await stat(path);
    const identity = `${mtimeMs.toString()}:${size.toString()}:${ino.toString()}`;
    const cached = this.#cache.get(path);
    if (cached?.identity === identity) return cached.parsed;
    const text = await readFile(path, 'utf8');
    const parsed = parseManifests(text, file, { baseDirectory: dirname(path) });
    if (this.#nowMs - mtimeMs > SETTLED_MS) this.#cache.set(path, { identity, parsed });
    else this.#cache.delete(path);
    return parsed;
  }

  #report(path: string, error: unknown): void {
    const reason = `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    this.#problems.push({ file: this.#relative(path), line: undefined, field: '', reason });
  }

  #relative(path: string): string {
    return relative(this.#root, path).split(sep).join('/');
  }

  /** A manifest beside its code is no code: only the folders below it are. */
  #isCode(path: string): boolean {
    return [...this.#codeFolders].some(([folder, manifest]) => {
      if (!isWithin(path, folder)) return false;
      if (!isWithin(manifest, folder)) return true;
      return dirname(manifest) === folder && dirname(path) !== folder;
    });
  }
}

function isWithin(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** The folder and all below it, or the directory of a file; dependencies are in the digest but not watched. */
async function addCodeDirectories(path: string, directories: Set<string>): Promise<void> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    directories.add(path);
    for (const entry of entries) {
      if (entry.isDirectory() && !isIgnored(entry.name)) {
        await addCodeDirectories(join(path, entry.name), directories);
      }
    }
  } catch {
    if (basename(path) !== '') directories.add(dirname(path));
  }
}
