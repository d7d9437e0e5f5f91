import { join } from 'node:path';
import type { LogRecord } from '@mayfly/core';
import type { LocalLogger } from '../local-logger.ts';
import { LogFile } from './log-file.ts';
import { LogFollowers, type Follower } from './log-followers.ts';

/** What the log store needs from outside. */
export interface LogStoreDeps {
  /** Made when it is missing. */
  readonly directory: string;
  /** Bound of the files of one function together; the oldest records go first. */
  readonly maxBytesPerFunction: number;
  readonly logger: Pick<LocalLogger, 'error'>;
}

/** Which part of the past. */
export interface ReadLogOptions {
  /** At most so many records, the newest. Default: all that are kept. */
  readonly tailLines?: number;
}

// What the Lambda API allows; nothing in it leaves the directory.
const FUNCTION_NAME = /^[a-zA-Z0-9_-]{1,64}$/;

/** Logs of all functions, one file of JSON lines each. */
export class LogStore {
  readonly #deps: LogStoreDeps;
  readonly #files = new Map<string, LogFile>();
  readonly #followers = new LogFollowers();
  #isClosed = false;

  constructor(deps: LogStoreDeps) {
    this.#deps = deps;
  }

  /** Tells followers at once and writes soon, in order. What cannot be written is reported and given up. */
  append(records: readonly LogRecord[]): void {
    if (this.#isClosed) return;
    for (const record of records) {
      if (!FUNCTION_NAME.test(record.functionName)) {
        this.#report(record.functionName, new Error('no name of a function'));
        continue;
      }
      this.#fileOf(record.functionName).append(record);
      this.#followers.publish(record);
    }
  }

  /** Everything appended so far, oldest first. Empty for a function that never logged. */
  read(functionName: string, options: ReadLogOptions = {}): Promise<readonly LogRecord[]> {
    const file = this.#fileOf(functionName);
    return readTail(file, file.appended, options);
  }

  /**
   * New records until the signal aborts or the store is closed; with `tailLines`, the past first, without
   * a gap or a repetition between.
   */
  follow(
    functionName: string,
    signal: AbortSignal,
    options: ReadLogOptions = { tailLines: 0 },
  ): AsyncIterable<LogRecord> {
    const file = this.#fileOf(functionName);
    const place = file.appended;
    const follower = this.#followers.follow(functionName, signal);
    return records(follower, () => readTail(file, place, options));
  }

  /** Resolves when everything appended so far was written, or could not be. */
  async flush(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.flush()));
  }

  /** Writes what is left and ends followers. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#followers.close();
    await this.flush();
  }

  #fileOf(functionName: string): LogFile {
    if (!FUNCTION_NAME.test(functionName)) {
      throw new Error(`reading the log of "${functionName}": no name of a function`);
    }
    const known = this.#files.get(functionName);
    if (known !== undefined) return known;
    const file = new LogFile({
      path: join(this.#deps.directory, `${functionName}.jsonl`),
      maxBytes: this.#deps.maxBytesPerFunction,
      onError: (error) => {
        this.#report(functionName, error);
      },
    });
    this.#files.set(functionName, file);
    return file;
  }

  #report(functionName: string, error: unknown): void {
    this.#deps.logger.error({ functionName, error }, 'function log cannot be kept');
  }
}

async function readTail(
  file: LogFile,
  place: number,
  { tailLines }: ReadLogOptions,
): Promise<readonly LogRecord[]> {
  if (tailLines === 0) return [];
  const past = await file.readBefore(place);
  return tailLines === undefined ? past : past.slice(-tailLines);
}

async function* records(
  follower: Follower,
  readPast: () => Promise<readonly LogRecord[]>,
): AsyncGenerator<LogRecord, void, undefined> {
  try {
    yield* await readPast();
    for (;;) {
      const taken = await follower.take();
      if (taken.length === 0) return;
      yield* taken;
    }
  } finally {
    follower.end();
  }
}
