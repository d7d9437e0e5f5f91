import type { Readable } from 'node:stream';
import type { LogRecord } from '@mayfly/core';
import type { LocalLogger } from '../local-logger.ts';

/** Takes log records, in order; the agent waits while a returned promise is pending. */
export type LogSink = (records: readonly LogRecord[]) => void | Promise<void>;

/** Longest line of an agent. It cuts messages at 256 KB, which JSON may make six times as long. */
const MAX_LINE_BYTES = 2 * 1024 * 1024;

/** Reads an agent's stdout to its end: one LogRecord as JSON per line. Never rejects. */
export async function pumpLogs(
  stdout: Readable,
  sink: LogSink,
  logger: LocalLogger,
): Promise<void> {
  const splitter = new LineSplitter(MAX_LINE_BYTES);
  try {
    for await (const chunk of stdout as AsyncIterable<Buffer>) {
      const records = parseRecords(splitter.push(chunk), logger);
      if (records.length > 0) await deliver(records, sink, logger);
    }
  } catch (err) {
    logger.warn({ err }, 'reading the log of an agent');
  }
}

async function deliver(
  records: readonly LogRecord[],
  sink: LogSink,
  logger: LocalLogger,
): Promise<void> {
  try {
    await sink(records);
  } catch (err) {
    logger.warn({ err, records: records.length }, 'writing log records');
  }
}

function parseRecords(lines: readonly string[], logger: LocalLogger): LogRecord[] {
  const records: LogRecord[] = [];
  for (const line of lines) {
    const record = parseRecord(line);
    if (record === undefined) logger.warn({ line: line.slice(0, 1000) }, 'line of an agent');
    else records.push(record);
  }
  return records;
}

function parseRecord(line: string): LogRecord | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isLogRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isLogRecord(value: unknown): value is LogRecord {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Partial<Record<keyof LogRecord, unknown>>;
  return (
    typeof record.message === 'string' &&
    typeof record.time === 'string' &&
    typeof record.functionName === 'string' &&
    typeof record.logStreamName === 'string'
  );
}

/** Cuts a byte stream into lines; the rest of a line that is too long is dropped. */
export class LineSplitter {
  readonly #maxLineBytes: number;
  #parts: Buffer[] = [];
  #partBytes = 0;

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
  }

  /** Complete lines so far, without their ends and without empty ones. */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      this.#keep(chunk.subarray(start, end));
      if (this.#partBytes > 0) lines.push(Buffer.concat(this.#parts).toString('utf8'));
      this.#parts = [];
      this.#partBytes = 0;
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
    return lines;
  }

  #keep(part: Buffer): void {
    const kept = part.subarray(0, this.#maxLineBytes - this.#partBytes);
    if (kept.length === 0) return;
    this.#parts.push(kept);
    this.#partBytes += kept.length;
  }
}
