import type { LogRecord } from '@mayfly/core';
import { describe, it } from 'vitest';
import { aLogRecord, MemoryLogs } from '../testing/memory-logs.ts';
import { type ControlLogs, countOverlap, tailThenFollow } from './tail-then-follow.ts';

function records(...messages: readonly string[]): readonly LogRecord[] {
  return messages.map((message) => aLogRecord({ message }));
}

describe('tail, then follow', () => {
  it('says a record once that is written while the tail is read', async ({ expect }) => {
    const logs = new MemoryLogs();
    logs.append(aLogRecord({ message: 'before' }));
    const racing: ControlLogs = {
      follow: (name, signal) => logs.follow(name, signal),
      read: async (name, options) => {
        logs.append(aLogRecord({ message: 'meanwhile' }));
        const tail = await logs.read(name, options);
        logs.append(aLogRecord({ message: 'after' }));
        return tail;
      },
    };
    const stop = new AbortController();
    const seen: string[] = [];
    const options = { functionName: 'hello', tailLines: undefined, signal: stop.signal };
    for await (const { message } of tailThenFollow(racing, options)) {
      seen.push(message);
      if (message === 'after') stop.abort();
    }
    expect(seen).toEqual(['before', 'meanwhile', 'after']);
  });

  it('throws when the log cannot be followed any more', async ({ expect }) => {
    const broken: ControlLogs = {
      read: () => Promise.resolve([]),
      // eslint-disable-next-line require-yield -- breaks before its first record
      async *follow() {
        await Promise.resolve();
        throw new Error('disk gone');
      },
    };
    const signal = new AbortController().signal;
    const stream = tailThenFollow(broken, { functionName: 'hello', tailLines: 1, signal });
    await expect(stream.next()).rejects.toThrow('following a log');
  });

  it.for([
    ['nothing in common', ['a'], ['b'], 0],
    ['all of it', ['a', 'b'], ['a', 'b'], 2],
    ['the border', ['a', 'b', 'c'], ['b', 'c', 'd'], 2],
    ['no tail', [], ['a'], 0],
    ['the longest run of equal lines', ['x', 'x'], ['x', 'x', 'x'], 2],
  ] as const)('finds %s', ([, tail, fresh, size], { expect }) => {
    expect(countOverlap(records(...tail), records(...fresh))).toBe(size);
  });
});
