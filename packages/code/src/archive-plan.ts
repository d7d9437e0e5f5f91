import { buffer } from 'node:stream/consumers';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { describeBytes, type CodeLimits } from './code-limits.ts';
import { findEscapingLink } from './link-check.ts';
import { RefusedCodeError } from './refusal.ts';

/** What unpacking will write: checked whole before the first byte is written. */
export interface ArchivePlan {
  readonly directories: ReadonlySet<string>;
  readonly files: readonly PlannedFile[];
  /** Path of the link → what it says. */
  readonly links: ReadonlyMap<string, string>;
}

/** A regular file of the archive. */
export interface PlannedFile {
  readonly path: string;
  readonly mode: number;
  readonly entry: Entry;
}

const TYPE_BITS = 0o170_000;
const TYPE = { none: 0, directory: 0o040_000, file: 0o100_000, link: 0o120_000 };
const MADE_BY_UNIX = new Set([3, 19]);
const MAX_LINK_BYTES = 4096;
const MAX_PATH_BYTES = 1024;
const MAX_NAME_BYTES = 255;
/** More than the packages of large applications have; each is read and followed. */
const MAX_LINKS = 10_000;

/**
 * Reads the archive's directory and decides what to write.
 * @throws RefusedCodeError when anything in it is unsafe, too large, too many, encrypted or doubled
 */
export async function planArchive(zip: ZipFile, limits: CodeLimits): Promise<ArchivePlan> {
  if (zip.entryCount > limits.maxEntries) {
    throw new RefusedCodeError(
      'UnsafeArchive',
      `The archive has ${zip.entryCount.toString()} entries; ${limits.maxEntries.toString()} are allowed.`,
    );
  }
  const builder = new PlanBuilder(zip, limits);
  for await (const entry of zip.eachEntry()) await builder.add(entry);
  return builder.finish();
}

class PlanBuilder {
  readonly #zip: ZipFile;
  readonly #limits: CodeLimits;
  readonly #directories = new Set<string>();
  readonly #files = new Map<string, PlannedFile>();
  readonly #links = new Map<string, string>();
  #totalBytes = 0;

  constructor(zip: ZipFile, limits: CodeLimits) {
    this.#zip = zip;
    this.#limits = limits;
  }

  async add(entry: Entry): Promise<void> {
    const { path, isDirectory } = readPath(entry);
    this.#count(entry);
    const type = isDirectory ? TYPE.directory : readType(entry, path);
    if (path === '') return;
    if (type === TYPE.directory) {
      this.#directories.add(path);
      return;
    }
    this.#refuseDouble(path);
    refuseUnreadable(entry, path);
    if (type === TYPE.link) {
      this.#refuseTooManyLinks();
      this.#links.set(path, await this.#readLink(entry, path));
    } else {
      this.#files.set(path, { path, mode: readMode(entry), entry });
    }
  }

  finish(): ArchivePlan {
    const all = [...this.#directories, ...this.#files.keys(), ...this.#links.keys()];
    for (const path of all) this.#addParents(path);
    for (const path of this.#directories) this.#refuseDouble(path);
    const escaping = findEscapingLink(this.#links);
    if (escaping !== undefined) {
      throw new RefusedCodeError(
        'UnsafeArchive',
        `The symbolic link ${quote(escaping)} in the archive leads out of the package.`,
      );
    }
    return {
      directories: this.#directories,
      files: [...this.#files.values()],
      links: this.#links,
    };
  }

  /** Parents become directories, so that a file or link among them shows as a double. */
  #addParents(path: string): void {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const parent = path.slice(0, end);
      if (this.#directories.has(parent)) return;
      this.#directories.add(parent);
      if (this.#directories.size > this.#limits.maxEntries) {
        throw new RefusedCodeError(
          'UnsafeArchive',
          `The archive has more than ${this.#limits.maxEntries.toString()} folders.`,
        );
      }
    }
  }

  #refuseDouble(path: string): void {
    if (!this.#files.has(path) && !this.#links.has(path)) return;
    throw new RefusedCodeError(
      'UnsafeArchive',
      `The archive has ${quote(path)} twice, or as a file and as a folder.`,
    );
  }

  #refuseTooManyLinks(): void {
    if (this.#links.size < MAX_LINKS) return;
    throw new RefusedCodeError(
      'UnsafeArchive',
      `The archive has more than ${MAX_LINKS.toString()} symbolic links.`,
    );
  }

  #count(entry: Entry): void {
    this.#totalBytes += entry.uncompressedSize;
    if (this.#totalBytes > this.#limits.maxUnpackedBytes) {
      throw new RefusedCodeError(
        'CodeTooLarge',
        `The archive unpacks to more than ${describeBytes(this.#limits.maxUnpackedBytes)}.`,
      );
    }
  }

  async #readLink(entry: Entry, path: string): Promise<string> {
    if (entry.uncompressedSize > MAX_LINK_BYTES) {
      throw new RefusedCodeError(
        'UnsafeArchive',
        `The symbolic link ${quote(path)} in the archive is too long.`,
      );
    }
    return (await buffer(await this.#zip.openReadStreamPromise(entry))).toString();
  }
}

function readPath(entry: Entry): { path: string; isDirectory: boolean } {
  const name = yauzl.getFileNameLowLevel(
    entry.generalPurposeBitFlag,
    entry.fileNameRaw,
    entry.extraFields,
    true,
  );
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (isUnsafe(name, parts)) {
    throw new RefusedCodeError(
      'UnsafeArchive',
      `The archive has an entry ${quote(name)}: names must be relative, with / and without "..".`,
    );
  }
  return { path: parts.join('/'), isDirectory: name.endsWith('/') };
}

function isUnsafe(name: string, parts: readonly string[]): boolean {
  const isLong =
    Buffer.byteLength(name) > MAX_PATH_BYTES ||
    parts.some((part) => Buffer.byteLength(part) > MAX_NAME_BYTES);
  return isLong || /^[/]|^[a-zA-Z]:|[\\\0]/.test(name) || parts.includes('..') || name === '';
}

function readType(entry: Entry, path: string): number {
  const type = readUnixMode(entry) & TYPE_BITS;
  if (type === TYPE.none) return TYPE.file;
  if (type === TYPE.file || type === TYPE.link || type === TYPE.directory) return type;
  throw new RefusedCodeError(
    'UnsafeArchive',
    `The archive has an entry ${quote(path)} that is neither a file nor a folder nor a symbolic link.`,
  );
}

function readUnixMode(entry: Entry): number {
  return MADE_BY_UNIX.has(entry.versionMadeBy >>> 8) ? entry.externalFileAttributes >>> 16 : 0;
}

function readMode(entry: Entry): number {
  const mode = readUnixMode(entry) & 0o755;
  return mode === 0 ? 0o644 : mode | 0o400;
}

function refuseUnreadable(entry: Entry, path: string): void {
  if (entry.isEncrypted()) {
    throw new RefusedCodeError('InvalidZipFile', `The archive is encrypted (${quote(path)}).`);
  }
  if (!entry.canDecodeFileData()) {
    throw new RefusedCodeError(
      'InvalidZipFile',
      `${quote(path)} is compressed by method ${entry.compressionMethod.toString()}; only stored and deflated entries can be read.`,
    );
  }
}

function quote(name: string): string {
  return JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);
}
