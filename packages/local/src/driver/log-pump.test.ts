import { PassThrough, Readable } from 'node:stream';
import type { LogRecord } from '@mayfly/core';
import { describe, it } from 'vitest';
import { silentLogger } from './driver-fixture.ts';
import { LineSplitter, pumpLogs } from './log-pump.ts';

const aRecord = (message: string): LogRecord => ({
  time: '2026-01-01T00:00:00.000Z',
  functionName: 'f',
  version: '$LATEST',
  logStreamName: 's',
  source: 'function',
  message,
});

describe('cutting lines', () => {
  it('gives the same lines however the bytes are cut', ({ expect }) => {
    const bytes = Buffer.from('one\n\nzwei ä\nthree\nrest');
    for (let size = 1; size <= bytes.length; size += 1) {
      const splitter = new LineSplitter(100);
      const lines: string[] = [];
      for (let at = 0; at < bytes.length; at += size) {
        lines.push(...splitter.push(bytes.subarray(at, at + size)));
      }
      expect(lines).toEqual(['one', 'zwei ä', 'three']);
    }
  });

  it('keeps the beginning of a line that is too long, and the next one whole', ({ expect }) => {
    const splitter = new LineSplitter(4);
    expect(splitter.push(Buffer.from('abc'))).toEqual([]);
    expect(splitter.push(Buffer.from('defghi'))).toEqual([]);
    expect(splitter.push(Buffer.from('jk\nnext\n'))).toEqual(['abcd', 'next']);
  });
});

describe('pumping logs', () => {
  it('hands on what is a record and reports what is not', async ({ expect }) => {
    const received: string[] = [];
    const complaints: object[] = [];
    const lines = [JSON.stringify(aRecord('a')), 'garbage', '{"message":1}', 'null'];
    await pumpLogs(
      Readable.from([Buffer.from(`${lines.join('\n')}\n${JSON.stringify(aRecord('b'))}\n`)]),
      (records) => {
        received.push(...records.map(({ message }) => message));
      },
      { ...silentLogger, warn: (fields) => complaints.push(fields) },
    );
    expect(received).toEqual(['a', 'b']);
    expect(complaints).toHaveLength(3);
  });

  it('goes on when the sink fails', async ({ expect }) => {
    const stream = new PassThrough();
    const complaints: string[] = [];
    let calls = 0;
    const pumped = pumpLogs(
      stream,
      () => {
        calls += 1;
        throw new Error('disk full');
      },
      { ...silentLogger, warn: (_fields, message) => complaints.push(message) },
    );
    stream.write(`${JSON.stringify(aRecord('a'))}\n`);
    await new Promise((resolve) => setImmediate(resolve));
    stream.end(`${JSON.stringify(aRecord('b'))}\n`);
    await pumped;
    expect(calls).toBe(2);
    expect(complaints).toEqual(['writing log records', 'writing log records']);
  });
});
