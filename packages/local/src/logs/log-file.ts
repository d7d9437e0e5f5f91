import { appendFile, mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { LogRecord } from '@mayfly/core';

/** What one function's log needs. */
export interface LogFileDeps {
  readonly path: string;
  /** The file and its predecessor together. */
  readonly maxBytes: number;
  readonly onError: (error: unknown) => void;
}

/**
 * JSON lines of one function, in the order of `append`. One write at a time; what comes meanwhile is written
 * together. The file is moved to `.1` at half of the bound, so that both together stay within it.
 */
export class LogFile {
  readonly #deps: LogFileDeps;
  #pending: string[] = [];
  #pendingCharacters = 0;
  #work: Promise<void> = Promise.resolve();
  #isDraining = false;
  #size: number | undefined;
  #appended = 0;
  #handled = 0;

  constructor(deps: LogFileDeps) {
    this.#deps = deps;
  }

  /** Records since this object was made: a place in the log. */
  get appended(): number {
    return this.#appended;
  }

  append(record: LogRecord): void {
    const line = `${JSON.stringify(record)}\n`;
    this.#appended += 1;
    this.#pending.push(line);
    this.#pendingCharacters += line.length;
    this.#dropOldest();
    if (this.#isDraining) return;
    this.#isDraining = true;
    void this.#enqueue(() => this.#drain());
  }

  /** Resolves when everything appended so far was written, or could not be. */
  async flush(): Promise<void> {
    await this.#work;
  }

  /** What the files hold of the records before `place`, oldest first. */
  async readBefore(place: number): Promise<readonly LogRecord[]> {
    let records: readonly LogRecord[] = [];
    await this.#enqueue(async () => {
      const texts = [await this.#text('.1'), await this.#text('')];
      records = texts.flatMap((text) => text.split('\n').flatMap(parseLine));
      const later = Math.max(0, this.#handled - place);
      if (later > 0) records = records.slice(0, -later);
    });
    return records;
  }

  #enqueue(task: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(task).catch(this.#deps.onError);
    return this.#work;
  }

  /**
   * When the disk is slower than the function, what would be rotated away soon is not written at all. Half
   * goes at a time, so that a flood does not move the rest once per record.
   */
  #dropOldest(): void {
    const { maxBytes } = this.#deps;
    if (this.#pendingCharacters <= maxBytes) return;
    let dropped = 0;
    while (this.#pendingCharacters > maxBytes / 2 && dropped < this.#pending.length - 1) {
      this.#pendingCharacters -= this.#pending[dropped]?.length ?? 0;
      dropped += 1;
    }
    this.#pending = this.#pending.slice(dropped);
    this.#handled += dropped;
  }

  async #drain(): Promise<void> {
    try {
      while (this.#pending.length > 0) await this.#writeChunk(this.#takeChunk());
    } finally {
      this.#isDraining = false;
    }
  }

  /** As many lines as fit the file, but at least one. */
  #takeChunk(): { readonly text: string; readonly lines: number } {
    const room = this.#deps.maxBytes / 2;
    let bytes = 0;
    let lines = 0;
    for (const line of this.#pending) {
      bytes += Buffer.byteLength(line);
      if (lines > 0 && bytes > room) break;
      lines += 1;
    }
    const text = this.#pending.slice(0, lines).join('');
    this.#pending = this.#pending.slice(lines);
    this.#pendingCharacters -= text.length;
    return { text, lines };
  }

  async #writeChunk({ text, lines }: { text: string; lines: number }): Promise<void> {
    this.#handled += lines;
    const { path, maxBytes } = this.#deps;
    const bytes = Buffer.byteLength(text);
    let size = this.#size ?? (await openLog(path));
    if (size > 0 && size + bytes > maxBytes / 2) {
      await rename(path, `${path}.1`);
      size = 0;
    }
    // Unknown until it is written: after an error the next write looks at the file again.
    this.#size = undefined;
    await appendFile(path, text);
    this.#size = size + bytes;
  }

  async #text(suffix: string): Promise<string> {
    try {
      return await readFile(this.#deps.path + suffix, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
      throw error;
    }
  }
}

/** The size of the file; ends a line that a crash has cut off, so that the next one stays whole. */
async function openLog(path: string): Promise<number> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'a+');
  try {
    const { size } = await stat(path);
    if (size === 0) return 0;
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
    if (buffer.toString() === '\n') return size;
    await file.appendFile('\n');
    return size + 1;
  } finally {
    await file.close();
  }
}

function parseLine(line: string): readonly LogRecord[] {
  if (line === '') return [];
  try {
    return [JSON.parse(line) as LogRecord]; // written by `append` only
  } catch {
    return []; // cut off by a crash
  }
}
