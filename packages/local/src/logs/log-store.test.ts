import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogRecord } from '@mayfly/core';
import { describe, it, onTestFinished } from 'vitest';
import { LogStore } from './log-store.ts';

async function useDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'mayfly-logs-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

function makeStore(
  directory: string,
  maxBytesPerFunction = 1_000_000,
  errors: unknown[] = [],
): LogStore {
  const logger = { error: (fields: object): number => errors.push(fields) };
  const store = new LogStore({ directory, maxBytesPerFunction, logger });
  onTestFinished(() => store.close());
  return store;
}

function aRecord(message: string, functionName = 'hello'): LogRecord {
  return {
    time: '2026-01-01T00:00:00.000Z',
    functionName,
    version: '$LATEST',
    logStreamName: '2026/01/01/[$LATEST]0',
    source: 'function',
    message,
  };
}

function messages(records: readonly LogRecord[]): readonly string[] {
  return records.map(({ message }) => message);
}

async function collect(followed: AsyncIterable<LogRecord>): Promise<readonly LogRecord[]> {
  const seen: LogRecord[] = [];
  for await (const record of followed) seen.push(record);
  return seen;
}

const NUMBERS = Array.from({ length: 100 }, (_, i) => i.toString());

describe('LogStore', () => {
  it('reads what was appended, in order, each function by itself', async ({ expect }) => {
    const store = makeStore(join(await useDirectory(), 'made', 'by', 'it'));
    for (const number of NUMBERS) store.append([aRecord(number), aRecord('x', 'other')]);
    await expect(store.read('hello')).resolves.toEqual(NUMBERS.map((number) => aRecord(number)));
    expect(messages(await store.read('hello', { tailLines: 2 }))).toEqual(['98', '99']);
    await expect(store.read('hello', { tailLines: 0 })).resolves.toEqual([]);
    await expect(store.read('other')).resolves.toHaveLength(100);
    await expect(store.read('never-logged')).resolves.toEqual([]);
  });

  it('keeps records over a restart, and a line that a crash cut off costs only itself', async ({
    expect,
  }) => {
    const directory = await useDirectory();
    const before = makeStore(directory);
    before.append([aRecord('one')]);
    await before.close();
    await appendFile(join(directory, 'hello.jsonl'), '{"time":"2026-0');
    const after = makeStore(directory);
    after.append([aRecord('two')]);
    expect(messages(await after.read('hello'))).toEqual(['one', 'two']);
  });

  it('stays within its bound and keeps the newest records', async ({ expect }) => {
    const directory = await useDirectory();
    const store = makeStore(directory, 10_000);
    for (const number of NUMBERS) {
      for (const other of NUMBERS) store.append([aRecord(`${number}-${other}-é`)]);
      await store.flush();
    }
    const sizes = await Promise.all(
      (await readdir(directory)).map(async (name) => (await stat(join(directory, name))).size),
    );
    expect(sizes).toHaveLength(2);
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(10_000);
    const kept = messages(await store.read('hello'));
    expect(kept.at(-1)).toBe('99-99-é');
    expect(kept.length).toBeGreaterThan(25);
    expect(kept).toEqual(NUMBERS.map((n) => `99-${n}-é`).slice(-kept.length));
  });

  it('bounds its memory when more comes than the disk takes', async ({ expect }) => {
    const directory = await useDirectory();
    const store = makeStore(directory, 10_000);
    const many = Array.from({ length: 50_000 }, (_, i) => aRecord(i.toString()));
    store.append(many);
    expect(messages(await store.read('hello')).at(-1)).toBe('49999');
    expect((await readFile(join(directory, 'hello.jsonl'))).length).toBeLessThanOrEqual(10_000);
  });

  it('reports what it cannot write, goes on, and writes again when it can', async ({ expect }) => {
    const directory = await useDirectory();
    const errors: unknown[] = [];
    const store = makeStore(directory, 10_000, errors);
    await mkdir(join(directory, 'hello.jsonl'));
    store.append([aRecord('lost'), aRecord('kept', 'other')]);
    await store.flush();
    expect(errors).toMatchObject([{ functionName: 'hello', error: { code: 'EISDIR' } }]);
    await rm(join(directory, 'hello.jsonl'), { recursive: true });
    store.append([aRecord('again')]);
    expect(messages(await store.read('hello'))).toEqual(['again']);
    expect(messages(await store.read('other'))).toEqual(['kept']);
  });

  it('reports a directory that cannot be made', async ({ expect }) => {
    const directory = await useDirectory();
    await writeFile(join(directory, 'file'), '');
    const errors: unknown[] = [];
    const store = makeStore(join(directory, 'file', 'logs'), 10_000, errors);
    store.append([aRecord('lost')]);
    await store.flush();
    expect(errors).toMatchObject([{ error: { code: 'ENOTDIR' } }]);
  });

  it('lets no name leave the directory', async ({ expect }) => {
    const directory = await useDirectory();
    const errors: unknown[] = [];
    const store = makeStore(join(directory, 'logs'), 10_000, errors);
    store.append([aRecord('x', '../escaped'), aRecord('x', ''), aRecord('x', 'a/b')]);
    await store.flush();
    expect(errors).toHaveLength(3);
    await expect(readdir(directory)).resolves.toEqual([]);
    expect(() => store.read('../escaped')).toThrow('no name of a function');
  });
});

describe('LogStore follow', () => {
  it('gives the past, then what comes, without gap or repetition', async ({ expect }) => {
    const store = makeStore(await useDirectory());
    store.append(NUMBERS.slice(0, 50).map((number) => aRecord(number)));
    const stop = new AbortController();
    const followed = store.follow('hello', stop.signal, { tailLines: 10 });
    store.append(NUMBERS.slice(50, 75).map((number) => aRecord(number)));
    await store.flush();
    const seen: string[] = [];
    for await (const { message } of followed) {
      seen.push(message);
      if (message === '60') store.append(NUMBERS.slice(75).map((number) => aRecord(number)));
      if (message === '99') stop.abort();
    }
    expect(seen).toEqual(NUMBERS.slice(40));
  });

  it('gives only what comes when no past is asked for, and nothing of others', async ({
    expect,
  }) => {
    const store = makeStore(await useDirectory());
    store.append([aRecord('old')]);
    const followed = store.follow('hello', new AbortController().signal);
    store.append([aRecord('other', 'other'), aRecord('new')]);
    for await (const { message } of followed) {
      expect(message).toBe('new');
      break;
    }
  });

  it('takes a flood of records without delay', async ({ expect }) => {
    const store = makeStore(await useDirectory(), 10_000_000);
    const startMs = performance.now();
    for (let i = 0; i < 200_000; i += 1) store.append([aRecord(i.toString())]);
    expect(performance.now() - startMs).toBeLessThan(3000);
    expect(messages(await store.read('hello', { tailLines: 1 }))).toEqual(['199999']);
  });

  it('ends when its signal aborts, before, while it waits, and when the store closes', async ({
    expect,
  }) => {
    const store = makeStore(await useDirectory());
    const stop = new AbortController();
    const waiting = collect(store.follow('hello', stop.signal));
    stop.abort();
    await expect(waiting).resolves.toEqual([]);
    await expect(collect(store.follow('hello', stop.signal))).resolves.toEqual([]);
    const open = collect(store.follow('hello', new AbortController().signal));
    await store.close();
    await expect(open).resolves.toEqual([]);
  });

  it('lets a follower that lags lose the oldest, not the newest', async ({ expect }) => {
    const store = makeStore(await useDirectory());
    const stop = new AbortController();
    const followed = store.follow('hello', stop.signal);
    store.append(Array.from({ length: 10_005 }, (_, i) => aRecord(i.toString())));
    const seen: string[] = [];
    for await (const { message } of followed) {
      seen.push(message);
      if (message === '10004') stop.abort();
    }
    expect([seen[0], seen.length]).toEqual(['5', 10_000]);
  });
});
