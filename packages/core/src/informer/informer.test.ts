import { aFunction, FakeClock } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import { StoreError, type ResourceStore, type WatchEvent } from '../ports/resource-store.ts';
import { Informer } from './informer.ts';

type Events = WatchEvent<'Function'>;

/** A store whose lists and watch are scripted: each watch ends with the error of its script, or hangs. */
class ScriptedStore {
  items = [aFunction()];
  listError: Error | undefined;
  lists = 0;
  readonly watchedFrom: string[] = [];
  readonly watches: { readonly events: Events[]; readonly error?: Error }[] = [];

  list(): Promise<{ items: ReturnType<typeof aFunction>[]; resourceVersion: string }> {
    this.lists += 1;
    if (this.listError !== undefined) return Promise.reject(this.listError);
    return Promise.resolve({ items: [...this.items], resourceVersion: String(this.lists) });
  }

  async *watch(_kind: string, from: string, signal: AbortSignal): AsyncGenerator<Events> {
    this.watchedFrom.push(from);
    const script = this.watches.shift();
    yield* script?.events ?? [];
    if (script?.error !== undefined) throw script.error;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    signal.addEventListener('abort', () => {
      resolve(undefined);
    });
    await promise;
  }
}

function makeInformer(store: ScriptedStore) {
  const clock = new FakeClock();
  const errors: unknown[] = [];
  const informer = new Informer({
    store: store as unknown as ResourceStore,
    kind: 'Function',
    clock,
    onError: (error) => errors.push(error),
  });
  const stop = new AbortController();
  onTestFinished(() => {
    stop.abort();
  });
  return { informer, clock, errors, signal: stop.signal };
}

async function settle(): Promise<void> {
  for (let i = 0; i < 30; i += 1) await Promise.resolve();
}

const HELLO = { namespace: 'default', name: 'hello' };

describe('Informer', () => {
  it('holds everything after its start', async ({ expect }) => {
    const { informer, signal } = makeInformer(new ScriptedStore());
    await informer.start(signal);

    expect(informer.hasSynced).toBe(true);
    expect(informer.get(HELLO)?.metadata.name).toBe('hello');
    expect([...informer.list()]).toHaveLength(1);
  });

  it('follows changes and tells its listeners', async ({ expect }) => {
    const store = new ScriptedStore();
    const changed = aFunction({ metadata: { resourceVersion: '2' } });
    store.watches.push({
      events: [
        { type: 'MODIFIED', object: changed },
        { type: 'BOOKMARK', resourceVersion: '3' },
        { type: 'DELETED', object: changed },
      ],
    });
    const { informer, signal } = makeInformer(store);
    const seen: (string | undefined)[] = [];
    informer.onChange((_key, fn) => seen.push(fn?.metadata.resourceVersion));
    await informer.start(signal);
    await settle();

    expect(seen).toEqual(['1', '2', undefined]);
    expect(informer.get(HELLO)).toBeUndefined();
  });

  it('lists again at once when its place in the watch has expired', async ({ expect }) => {
    const store = new ScriptedStore();
    store.watches.push({ events: [], error: new StoreError('Expired', 'too old') });
    const { informer, errors, signal } = makeInformer(store);
    await informer.start(signal);
    store.items = [];
    await settle();

    expect(store.lists).toBe(2);
    expect(errors).toEqual([]);
    expect(informer.get(HELLO)).toBeUndefined();
  });

  it('goes on where it was after a broken watch, and says that it broke', async ({ expect }) => {
    const store = new ScriptedStore();
    const changed = aFunction({ metadata: { resourceVersion: '7' } });
    const error = new Error('connection reset');
    store.watches.push({ events: [{ type: 'MODIFIED', object: changed }], error });
    const { informer, clock, errors, signal } = makeInformer(store);
    await informer.start(signal);
    await settle();
    expect([store.watchedFrom, errors]).toEqual([['1'], [error]]);

    clock.step(100);
    await settle();
    expect([store.watchedFrom, store.lists]).toEqual([['1', '7'], 1]);
  });

  it.for([
    // At 0, 100, 300, 700, 1,500, 3,100, 6,300, 11,300, 16,300 and 21,300 ms; four at each place.
    ['refused', new Error('too many requests'), { lists: 3, watches: 10 }],
    // At once for the first time, then from 200 ms on.
    ['expired', new StoreError('Expired', 'too old'), { lists: 10, watches: 10 }],
  ] as const)(
    'pauses longer each time when every watch is %s right after a good list',
    async ([_how, error, expected], { expect }) => {
      const store = new ScriptedStore();
      for (let count = 0; count < 1000; count += 1) store.watches.push({ events: [], error });
      const { informer, clock, signal } = makeInformer(store);
      await informer.start(signal);
      for (let elapsedMs = 0; elapsedMs < 25_000; elapsedMs += 100) {
        await settle();
        clock.step(100);
      }
      expect({ lists: store.lists, watches: store.watchedFrom.length }).toEqual(expected);
    },
  );

  it('forgets earlier failures once a watch has told something', async ({ expect }) => {
    const store = new ScriptedStore();
    const error = new Error('connection reset');
    const bookmark = { type: 'BOOKMARK', resourceVersion: '9' } as const;
    store.watches.push({ events: [], error }, { events: [], error }, { events: [bookmark], error });
    const { informer, clock, signal } = makeInformer(store);
    await informer.start(signal);
    for (const waitMs of [100, 200, 100]) {
      await settle();
      clock.step(waitMs);
    }
    await settle();
    expect(store.watchedFrom).toEqual(['1', '1', '1', '9']);
  });

  it('does not repeat an object that a second list finds unchanged', async ({ expect }) => {
    const store = new ScriptedStore();
    store.watches.push({ events: [], error: new StoreError('Expired', 'too old') });
    const { informer, signal } = makeInformer(store);
    let changes = 0;
    informer.onChange(() => (changes += 1));
    await informer.start(signal);
    await settle();

    expect(changes).toBe(1);
  });

  it('waits longer after each failed list in a row', async ({ expect }) => {
    const store = new ScriptedStore();
    store.listError = new Error('down');
    const { informer, clock, signal } = makeInformer(store);
    void informer.start(signal);
    for (const waitMs of [100, 200, 400]) {
      await settle();
      const before = store.lists;
      clock.step(waitMs - 1);
      await settle();
      expect(store.lists).toBe(before);
      clock.step(1);
      await settle();
      expect(store.lists).toBe(before + 1);
    }
  });
});
