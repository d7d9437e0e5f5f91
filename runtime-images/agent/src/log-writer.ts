import type { Writable } from 'node:stream';
import type { LogRecord } from '@mayfly/core';

// Lines gather for so long: under load one write then carries the lines of many invocations.
const FLUSH_DELAY_MS = 100;
// Beyond this a burst is handed over at once.
const MAX_BATCH_CHARACTERS = 64 * 1024;
// What a slow reader may leave with us before the function has to wait. Output that is not read when an
// invocation ends comes after its END: about 5,000 lines must fit.
const MAX_BACKLOG_BYTES = 1024 * 1024;

/** The members that all records of one execution environment share. */
export type LogSource = Pick<LogRecord, 'functionName' | 'version' | 'logStreamName'>;

/** Something that can be told to stop producing log lines for a while. */
export interface LogProducer {
  pause(): void;
  resume(): void;
}

/**
 * Writes LogRecords as JSON lines: lines of 100 ms share one write. While the reader is
 * slow the producer is paused, so that memory stays bounded; platform lines are few and always taken.
 */
export class LogWriter {
  readonly #output: Writable;
  #batch = '';
  #flushTimer: NodeJS.Timeout | undefined;
  #isBlocked = false;
  #isBroken = false;
  #middle = '';
  #producer: LogProducer | undefined;

  constructor(output: Writable) {
    this.#output = output;
    output.on('drain', () => {
      this.#unblock();
    });
    // The reader is gone: lines are dropped, and nobody is held up by them.
    const markBroken = (): void => {
      this.#isBroken = true;
      this.#unblock();
    };
    output.on('error', markBroken);
    output.on('close', markBroken);
  }

  /** Says whose lines follow. */
  assign(source: LogSource): void {
    // Everything but the time, the request and the message is the same in every line.
    this.#middle = JSON.stringify(source).slice(1, -1);
  }

  /** Says whom to pause; undefined when there is nobody. */
  setProducer(producer: LogProducer | undefined): void {
    this.#producer = producer;
    if (this.#isBlocked) producer?.pause();
  }

  /** Adds one record to the batch. `requestId` is absent outside of invocations. */
  write(record: Pick<LogRecord, 'time' | 'source' | 'message' | 'requestId'>): void {
    const requestId =
      record.requestId === undefined ? '' : `"requestId":${JSON.stringify(record.requestId)},`;
    this.#batch += `{"time":"${record.time}",${this.#middle},${requestId}"source":"${record.source}","message":${JSON.stringify(record.message)}}\n`;
    if (this.#batch.length > MAX_BATCH_CHARACTERS) {
      this.flush();
      return;
    }
    this.#flushTimer ??= setTimeout(() => {
      this.flush();
    }, FLUSH_DELAY_MS);
  }

  /** Hands over what has gathered. */
  flush(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    if (this.#batch === '') return;
    const batch = this.#batch;
    this.#batch = '';
    if (this.#isBroken) return;
    this.#output.write(batch);
    if (this.#output.writableLength > MAX_BACKLOG_BYTES && !this.#isBlocked) {
      this.#isBlocked = true;
      this.#producer?.pause();
    }
  }

  /** Resolves when everything has been taken by the reader, or after `deadlineMs`. */
  async drain(deadlineMs: number): Promise<void> {
    this.flush();
    if (this.#isBroken || this.#output.writableLength === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, deadlineMs);
      const finish = (): void => {
        clearTimeout(timer);
        resolve();
      };
      this.#output.once('close', finish);
      this.#output.write('', finish);
    });
  }

  #unblock(): void {
    if (!this.#isBlocked) return;
    this.#isBlocked = false;
    this.#producer?.resume();
  }
}
