import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createInterface } from 'node:readline';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { applyDefaults, validateObject, validateSpec } from '@mayfly/api';
import {
  aNewFunction,
  describeResourceStoreContract,
  FakeClock,
  takeChanges,
} from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import { SqliteResourceStore, type SqliteResourceStoreDeps } from './sqlite-resource-store.ts';

function useDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'mayfly-store-'));
  onTestFinished(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

function openStore(path: string, deps: Partial<SqliteResourceStoreDeps> = {}): SqliteResourceStore {
  let uids = 0;
  return new SqliteResourceStore({
    path,
    clock: new FakeClock(),
    makeUid: () => `uid-${(uids += 1).toString()}`,
    validate: validateSpec,
    validateObject,
    applyDefaults,
    ...deps,
  });
}

function useStore(deps: Partial<SqliteResourceStoreDeps> = {}): SqliteResourceStore {
  const store = openStore(join(useDirectory(), 'resources.db'), deps);
  onTestFinished(() => {
    store.close();
  });
  return store;
}

const KEY = { namespace: 'default', name: 'hello' };

describeResourceStoreContract('SqliteResourceStore', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mayfly-store-'));
  const store = openStore(join(directory, 'resources.db'));
  return Promise.resolve({
    store,
    close: () => {
      store.close();
      rmSync(directory, { recursive: true, force: true });
    },
  });
});

describe('the file of SqliteResourceStore', () => {
  it('keeps objects, resourceVersion and the past over a restart', async ({ expect }) => {
    const path = join(useDirectory(), 'deep', 'er', 'resources.db');
    const before = openStore(path);
    const made = await before.create(aNewFunction('hello'));
    const slower = await before.update({ ...made, spec: { ...made.spec, timeout: 9 } });
    before.close();
    before.close();
    const after = openStore(path);
    onTestFinished(() => {
      after.close();
    });
    await expect(after.list('Function')).resolves.toEqual({
      items: [slower],
      resourceVersion: '2',
    });
    const signal = new AbortController().signal;
    const events = await takeChanges(after.watch('Function', '0', signal), ['hello'], 2);
    expect(events.map(({ object }) => object)).toEqual([made, slower]);
  });

  it('is refused by name when it is no database', ({ expect }) => {
    const path = join(useDirectory(), 'resources.db');
    writeFileSync(path, 'this is not a database, but long enough to be looked at. '.repeat(100));
    expect(() => openStore(path)).toThrow(
      `opening the resource store ${path}: the file is damaged or no database; move it away`,
    );
  });

  it('is refused when pages within are overwritten', async ({ expect }) => {
    const path = join(useDirectory(), 'resources.db');
    const store = openStore(path);
    for (let i = 0; i < 50; i += 1) await store.create(aNewFunction(`hello-${i.toString()}`));
    store.close();
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 4096, 4096 * 4);
    writeFileSync(path, bytes);
    expect(() => openStore(path)).toThrow('the file is damaged or no database');
  });

  it('is refused when a newer Mayfly wrote it', ({ expect }) => {
    const path = join(useDirectory(), 'resources.db');
    const database = new DatabaseSync(path);
    database.exec('PRAGMA user_version = 99');
    database.close();
    expect(() => openStore(path)).toThrow('schema version 99 of a newer Mayfly');
  });

  it('is refused when its directory cannot be made', ({ expect }) => {
    const directory = useDirectory();
    writeFileSync(join(directory, 'file'), '');
    expect(() => openStore(join(directory, 'file', 'resources.db'))).toThrow(
      /opening the resource store .*(ENOTDIR|EEXIST)/,
    );
  });

  it('belongs to one process at a time', ({ expect }) => {
    const path = join(useDirectory(), 'resources.db');
    const store = openStore(path);
    onTestFinished(() => {
      store.close();
    });
    expect(() => openStore(path)).toThrow('another process uses it; stop that one first');
  });

  it('holds every acknowledged write after kill -9 in the middle', async ({ expect }) => {
    const path = join(useDirectory(), 'resources.db');
    const writer = spawn(
      process.execPath,
      [join(import.meta.dirname, 'endless-writer-fixture.ts'), path],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const acknowledged: string[] = [];
    for await (const name of createInterface({ input: writer.stdout })) {
      acknowledged.push(name);
      if (acknowledged.length === 200) writer.kill('SIGKILL');
    }
    if (writer.signalCode === null) await once(writer, 'exit');
    const store = openStore(path);
    onTestFinished(() => {
      store.close();
    });
    const names = new Set((await store.list('Function')).items.map((fn) => fn.metadata.name));
    expect(acknowledged.filter((name) => !names.has(name))).toEqual([]);
    expect(acknowledged.length).toBeGreaterThanOrEqual(200);
    const next = await store.create(aNewFunction('after'));
    expect(Number(next.metadata.resourceVersion)).toBeGreaterThan(acknowledged.length);
  });
});

describe('SqliteResourceStore', () => {
  it('leaves no trace of a write that fails', async ({ expect }) => {
    const store = useStore();
    const made = await store.create(aNewFunction('hello'));
    const bad = { ...made, spec: { ...made.spec, description: BigInt(1) as unknown as string } };
    await expect(store.update<'Function'>(bad)).rejects.toThrow();
    await expect(store.get('Function', KEY)).resolves.toEqual(made);
    expect((await store.list('Function')).resourceVersion).toBe('1');
  });

  it('shares no memory with what callers sent and got', async ({ expect }) => {
    const store = useStore();
    const made = await store.create(aNewFunction('hello'));
    (made.spec as { timeout: number }).timeout = 77;
    expect((await store.get('Function', KEY))?.spec.timeout).toBe(3);
  });

  it('asks the rules over old and new object', async ({ expect }) => {
    const store = useStore();
    const made = await store.create(aNewFunction('hello'));
    const renamed = { ...made, spec: { ...made.spec, functionName: 'other' } };
    await expect(store.update<'Function'>(renamed)).rejects.toMatchObject({
      code: 'Invalid',
      message: expect.stringContaining('spec.functionName: cannot be changed') as unknown,
    });
  });

  it('keeps namespaces apart', async ({ expect }) => {
    const store = useStore();
    const object = aNewFunction('hello');
    await store.create(object);
    await store.create({ ...object, metadata: { ...object.metadata, namespace: 'other' } });
    await store.delete('Function', KEY);
    const { items } = await store.list('Function');
    expect(items.map(({ metadata }) => metadata.namespace)).toEqual(['other']);
  });

  it('answers Expired for a point that the log has forgotten, and for one that never was', async ({
    expect,
  }) => {
    const store = useStore({ maxChanges: 10 });
    for (let i = 0; i < 12; i += 1) await store.create(aNewFunction(`hello-${i.toString()}`));
    const { signal } = new AbortController();
    const watchFrom = (version: string): Promise<unknown> =>
      takeChanges(store.watch('Function', version, signal), ['hello-11'], 1);
    await expect(watchFrom('1')).rejects.toMatchObject({ code: 'Expired' });
    await expect(watchFrom('2')).resolves.toHaveLength(1);
    await expect(watchFrom('13')).rejects.toMatchObject({ code: 'Expired' });
    await expect(watchFrom('x')).rejects.toMatchObject({ code: 'Invalid' });
  });

  it('bounds the log by size too, down to the newest change', async ({ expect }) => {
    const store = useStore({ maxChangeCharacters: 10 });
    await store.create(aNewFunction('hello'));
    await store.create(aNewFunction('hello-2'));
    const { signal } = new AbortController();
    await expect(
      takeChanges(store.watch('Function', '0', signal), ['hello'], 1),
    ).rejects.toMatchObject({ code: 'Expired' });
    await expect(
      takeChanges(store.watch('Function', '1', signal), ['hello-2'], 1),
    ).resolves.toHaveLength(1);
  });

  it('ends a watcher that falls behind the log, and no other', async ({ expect }) => {
    const store = useStore({ maxChanges: 50 });
    const { signal } = new AbortController();
    const slow = store.watch('Function', '0', signal)[Symbol.asyncIterator]();
    await store.create(aNewFunction('hello-0'));
    await slow.next();
    const names = Array.from({ length: 300 }, (_, i) => `hello-${(i + 1).toString()}`);
    const fast = takeChanges(store.watch('Function', '1', signal), names, 300);
    for (const name of names) {
      await store.create(aNewFunction(name));
      await nextTurn();
    }
    await expect(fast).resolves.toHaveLength(300);
    await expect(slow.next()).rejects.toMatchObject({ code: 'Expired' });
  });

  it('does not let a quiet watch expire by what other kinds write', async ({ expect }) => {
    const store = useStore({
      maxChanges: 10,
      validate: () => [],
      applyDefaults: (_, spec) => spec,
    });
    const { signal } = new AbortController();
    const events = takeChanges(store.watch('Function', '0', signal), ['hello'], 1);
    for (let i = 0; i < 30; i += 1) {
      const object = aNewFunction(`live-${i.toString()}`);
      await store.create({ ...object, kind: 'Alias', spec: {} });
    }
    await store.create(aNewFunction('hello'));
    await expect(events).resolves.toHaveLength(1);
  });

  it('ends watches and refuses calls when it is closed', async ({ expect }) => {
    const store = useStore();
    const { signal } = new AbortController();
    const seen = takeChanges(store.watch('Function', '0', signal), ['hello'], 1);
    store.close();
    await expect(seen).resolves.toEqual([]);
    await expect(store.list('Function')).rejects.toThrow('the resource store is closed');
  });

  it('does nothing for a signal that has aborted', async ({ expect }) => {
    const store = useStore();
    await expect(store.create(aNewFunction('hello'), AbortSignal.abort())).rejects.toThrow();
    await expect(store.get('Function', KEY)).resolves.toBeUndefined();
  });

  it('lists 10,000 objects in less than a second', async ({ expect }) => {
    const store = useStore();
    for (let i = 0; i < 10_000; i += 1) await store.create(aNewFunction(`fn-${i.toString()}`));
    const startMs = performance.now();
    const { items } = await store.list('Function');
    expect(items).toHaveLength(10_000);
    expect(performance.now() - startMs).toBeLessThan(1000);
  });
});
