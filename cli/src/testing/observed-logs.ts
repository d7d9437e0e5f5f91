import type { LogRecord } from '@mayfly/core';
import { LogStore, type ReadLogOptions } from '@mayfly/local';

/** The real log store, and whether its followers have been told to stop. */
export class ObservedLogs extends LogStore {
  readonly followers: AbortSignal[] = [];

  override follow(
    functionName: string,
    signal: AbortSignal,
    options?: ReadLogOptions,
  ): AsyncIterable<LogRecord> {
    this.followers.push(signal);
    return super.follow(functionName, signal, options);
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
