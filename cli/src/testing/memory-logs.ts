import { EventEmitter, on } from 'node:events';
import type { LogRecord } from '@mayfly/core';
import type { ControlLogs } from '../control-api/tail-then-follow.ts';

/** Logs that are kept for the length of a test. */
export class MemoryLogs implements ControlLogs {
  readonly #records: LogRecord[] = [];
  readonly #events = new EventEmitter();

  append(record: LogRecord): void {
    this.#records.push(record);
    this.#events.emit(record.functionName, record);
  }

  /** How many follow the log of this function now. */
  countFollowers(functionName: string): number {
    return this.#events.listenerCount(functionName);
  }

  read(
    functionName: string,
    { tailLines }: { readonly tailLines?: number },
  ): Promise<readonly LogRecord[]> {
    const records = this.#records.filter((record) => record.functionName === functionName);
    const first = tailLines === undefined ? 0 : Math.max(0, records.length - tailLines);
    return Promise.resolve(records.slice(first));
  }

  async *follow(functionName: string, signal: AbortSignal): AsyncGenerator<LogRecord> {
    try {
      for await (const [record] of on(this.#events, functionName, { signal })) {
        yield record as LogRecord;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

/** A line of a function's log. */
export function aLogRecord(overrides: Partial<LogRecord> = {}): LogRecord {
  return {
    time: '2026-01-01T00:00:00.000Z',
    functionName: 'hello',
    version: '$LATEST',
    logStreamName: '2026/01/01/[$LATEST]0',
    source: 'function',
    message: 'a line',
    ...overrides,
  };
}
