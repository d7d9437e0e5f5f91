import type { FunctionResource, FunctionSpec, FunctionStatus } from '@mayfly/api';
import type { ResourceStore, WatchEvent } from '@mayfly/core';
import fc from 'fast-check';
import { describe, it, onTestFinished } from 'vitest';
import { aNewFunction } from '../builders/new-function.ts';
import { ResourceStoreModel, StoreClient, observe, storeActions } from './resource-store-model.ts';

/** A store for one test, which may hold objects of others, and the way to end it. */
export interface ResourceStoreUnderTest {
  readonly store: ResourceStore;
  close(): Promise<void> | void;
}

type FunctionEvent = Exclude<WatchEvent<'Function'>, { type: 'BOOKMARK' }>;

const FINALIZER = 'mayfly.dev/contract';
const ACTIVE: FunctionStatus = { state: 'Active', conditions: [] };
let objectsMade = 0;

/** A name that no other test of this run and no earlier run uses: an API server outlives tests. */
export function uniqueObjectName(): string {
  objectsMade += 1;
  return `contract-${process.pid.toString()}-${Date.now().toString(36)}-${objectsMade.toString()}`;
}

/** Takes the next `count` changes of objects with these names. */
export async function takeChanges(
  events: AsyncIterable<WatchEvent<'Function'>>,
  names: readonly string[],
  count: number,
): Promise<readonly FunctionEvent[]> {
  const taken: FunctionEvent[] = [];
  if (count === 0) return taken;
  for await (const event of events) {
    if (event.type === 'BOOKMARK' || !names.includes(event.object.metadata.name)) continue;
    taken.push(event);
    if (taken.length === count) break;
  }
  return taken;
}

/** What every ResourceStore promises. Run it on each adapter: the API server is the model. */
export function describeResourceStoreContract(
  name: string,
  makeStore: () => Promise<ResourceStoreUnderTest>,
): void {
  const useStore = async (): Promise<ResourceStore> => {
    const underTest = await makeStore();
    onTestFinished(() => underTest.close());
    return underTest.store;
  };
  describe(`${name} keeps the contract of ResourceStore`, () => {
    describe('create', () => {
      describeCreate(useStore);
    });
    describe('update', () => {
      describeUpdate(useStore);
    });
    describe('patchStatus', () => {
      describeStatus(useStore);
    });
    describe('delete', () => {
      describeDelete(useStore);
    });
    describe('watch', () => {
      describeWatch(useStore);
    });
    describe('any sequence of requests', () => {
      describeAnySequence(useStore);
    });
  });
}

type UseStore = () => Promise<ResourceStore>;

function describeCreate(useStore: UseStore): void {
  it('sets uid, generation, time and resourceVersion, and gives back what get finds', async ({
    expect,
  }) => {
    const store = await useStore();
    const name = uniqueObjectName();
    const made = await store.create(aNewFunction(name));
    expect(made.metadata).toMatchObject({ name, namespace: 'default', generation: 1 });
    expect(made.metadata.uid).not.toBe('');
    expect(made.metadata.resourceVersion).toMatch(/^\d+$/);
    expect(made.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(made.status).toBeUndefined();
    await expect(store.get('Function', made.metadata)).resolves.toEqual(made);
  });

  it('writes the defaults of the schema', async ({ expect }) => {
    const store = await useStore();
    const object = aNewFunction(uniqueObjectName());
    const { runtime, handler, code } = object.spec as FunctionSpec;
    const made = await store.create({ ...object, spec: { runtime, handler, code } });
    expect(made.spec.timeout).toBe(3);
  });

  it('refuses a name that is taken', async ({ expect }) => {
    const store = await useStore();
    const object = aNewFunction(uniqueObjectName());
    await store.create(object);
    await expect(store.create(object)).rejects.toMatchObject({ code: 'AlreadyExists' });
  });

  it('refuses a spec that the schema refuses, naming the field, and keeps nothing', async ({
    expect,
  }) => {
    const store = await useStore();
    const object = aNewFunction(uniqueObjectName(), { spec: {} });
    const spec = { ...(object.spec as FunctionSpec), timeout: 1000 };
    await expect(store.create({ ...object, spec })).rejects.toMatchObject({
      code: 'Invalid',
      message: expect.stringContaining('timeout') as unknown,
    });
    const key = { namespace: 'default', name: object.metadata.name };
    await expect(store.get('Function', key)).resolves.toBeUndefined();
  });

  it('refuses a name that Kubernetes refuses', async ({ expect }) => {
    const store = await useStore();
    for (const name of ['', 'Upper', 'under_score', '-dash', '../x']) {
      await expect(store.create(aNewFunction(name))).rejects.toMatchObject({ code: 'Invalid' });
    }
  });

  it('appears in a list', async ({ expect }) => {
    const store = await useStore();
    const made = await store.create(aNewFunction(uniqueObjectName()));
    expect((await store.list('Function')).items).toContainEqual(made);
  });
}

function describeUpdate(useStore: UseStore): void {
  it('counts a generation when the spec changes, and only then', async ({ expect }) => {
    const store = await useStore();
    const made = await store.create(aNewFunction(uniqueObjectName()));
    const labelled = await store.update<'Function'>(withMetadata(made, { labels: { tier: 'a' } }));
    expect(labelled.metadata).toMatchObject({ generation: 1, labels: { tier: 'a' } });
    const slower = await store.update<'Function'>({
      ...labelled,
      spec: { ...labelled.spec, timeout: 9 },
    });
    expect(slower.metadata).toMatchObject({ generation: 2, labels: { tier: 'a' } });
    expect(slower.metadata.uid).toBe(made.metadata.uid);
  });

  it('writes nothing when nothing changes', async ({ expect }) => {
    const store = await useStore();
    const made = await store.create(aNewFunction(uniqueObjectName()));
    await expect(store.update<'Function'>(made)).resolves.toEqual(made);
    await expect(store.get('Function', made.metadata)).resolves.toEqual(made);
  });

  it('refuses an old resourceVersion, even without a change', async ({ expect }) => {
    const store = await useStore();
    const made = await store.create(aNewFunction(uniqueObjectName()));
    await store.update<'Function'>({ ...made, spec: { ...made.spec, timeout: 9 } });
    await expect(store.update<'Function'>(made)).rejects.toMatchObject({ code: 'Conflict' });
  });

  it('lets one of two writers through', async ({ expect }) => {
    const store = await useStore();
    const made = await store.create(aNewFunction(uniqueObjectName()));
    const outcomes = await Promise.allSettled(
      [5, 6, 7].map((timeout) =>
        store.update<'Function'>({ ...made, spec: { ...made.spec, timeout } }),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('refuses an object that does not exist, and a spec that the schema refuses', async ({
    expect,
  }) => {
    const store = await useStore();
    const made = await store.create(aNewFunction(uniqueObjectName()));
    const slow = { ...made, spec: { ...made.spec, timeout: 1000 } };
    await expect(store.update<'Function'>(slow)).rejects.toMatchObject({ code: 'Invalid' });
    await store.delete('Function', made.metadata);
    await expect(store.update<'Function'>(made)).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('leaves the status alone', async ({ expect }) => {
    const store = await useStore();
    const made = await store.create(aNewFunction(uniqueObjectName()));
    const active = await store.patchStatus<'Function'>({ ...made, status: ACTIVE });
    const updated = await store.update<'Function'>({
      ...active,
      spec: { ...active.spec, timeout: 9 },
      status: { state: 'Failed', conditions: [] },
    });
    expect(updated.status).toEqual(ACTIVE);
  });
}

function describeStatus(useStore: UseStore): void {
  it('replaces the status and nothing else', async ({ expect }) => {
    const store = await useStore();
    const made = await store.create(aNewFunction(uniqueObjectName()));
    const patched = await store.patchStatus<'Function'>({
      ...withMetadata(made, { labels: { not: 'written' } }),
      spec: { ...made.spec, timeout: 9 },
      status: ACTIVE,
    });
    expect(patched.status).toEqual(ACTIVE);
    expect(patched.spec).toEqual(made.spec);
    expect(patched.metadata.labels).toBeUndefined();
    expect(patched.metadata.generation).toBe(1);
    expect(patched.metadata.resourceVersion).not.toBe(made.metadata.resourceVersion);
  });

  it('writes nothing when nothing changes', async ({ expect }) => {
    const store = await useStore();
    const made = await store.create(aNewFunction(uniqueObjectName()));
    const active = await store.patchStatus<'Function'>({ ...made, status: ACTIVE });
    await expect(store.patchStatus<'Function'>({ ...active, status: ACTIVE })).resolves.toEqual(
      active,
    );
  });

  it('refuses an old resourceVersion and an object that does not exist', async ({ expect }) => {
    const store = await useStore();
    const made = await store.create(aNewFunction(uniqueObjectName()));
    await store.patchStatus<'Function'>({ ...made, status: ACTIVE });
    const late: FunctionResource = { ...made, status: { state: 'Failed', conditions: [] } };
    await expect(store.patchStatus<'Function'>(late)).rejects.toMatchObject({ code: 'Conflict' });
    await store.delete('Function', made.metadata);
    await expect(store.patchStatus<'Function'>(late)).rejects.toMatchObject({ code: 'NotFound' });
  });
}

function describeDelete(useStore: UseStore): void {
  it('removes an object without finalizers at once', async ({ expect }) => {
    const store = await useStore();
    const made = await store.create(aNewFunction(uniqueObjectName()));
    await store.delete('Function', made.metadata);
    await expect(store.get('Function', made.metadata)).resolves.toBeUndefined();
    await expect(store.delete('Function', made.metadata)).rejects.toMatchObject({
      code: 'NotFound',
    });
  });

  it('marks an object that has finalizers once, and removes it with the last of them', async ({
    expect,
  }) => {
    const store = await useStore();
    const made = await store.create(
      aNewFunction(uniqueObjectName(), { finalizers: [FINALIZER, `${FINALIZER}-2`] }),
    );
    await store.delete('Function', made.metadata);
    const marked = await mustGet(store, made);
    expect(marked.metadata.deletionTimestamp).toMatch(/Z$/);
    await store.delete('Function', made.metadata);
    expect(await mustGet(store, made)).toEqual(marked);
    const half = await store.update<'Function'>(withMetadata(marked, { finalizers: [FINALIZER] }));
    expect(await mustGet(store, made)).toEqual(half);
    await store.update<'Function'>(withMetadata(half, { finalizers: [] }));
    await expect(store.get('Function', made.metadata)).resolves.toBeUndefined();
  });

  it('takes no new finalizer after that', async ({ expect }) => {
    const store = await useStore();
    const made = await store.create(aNewFunction(uniqueObjectName(), { finalizers: [FINALIZER] }));
    await store.delete('Function', made.metadata);
    const marked = await mustGet(store, made);
    const more = withMetadata(marked, { finalizers: [FINALIZER, 'mayfly.dev/late'] });
    await expect(store.update<'Function'>(more)).rejects.toMatchObject({ code: 'Invalid' });
    await store.update<'Function'>(withMetadata(marked, { finalizers: [] }));
  });

  it('makes the next object of that name another one', async ({ expect }) => {
    const store = await useStore();
    const object = aNewFunction(uniqueObjectName());
    const first = await store.create(object);
    await store.delete('Function', first.metadata);
    const second = await store.create(object);
    expect(second.metadata.uid).not.toBe(first.metadata.uid);
    await expect(store.update<'Function'>(first)).rejects.toMatchObject({ code: 'Conflict' });
  });
}

function describeWatch(useStore: UseStore): void {
  it('tells every change after the list, in order, as the objects were', async ({ expect }) => {
    const store = await useStore();
    const name = uniqueObjectName();
    const { resourceVersion } = await store.list('Function');
    const seen = takeChanges(store.watch('Function', resourceVersion, aSignal()), [name], 4);
    const made = await store.create(aNewFunction(name));
    const slower = await store.update<'Function'>({ ...made, spec: { ...made.spec, timeout: 9 } });
    const active = await store.patchStatus<'Function'>({ ...slower, status: ACTIVE });
    await store.delete('Function', made.metadata);
    const events = await seen;
    expect(events.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'MODIFIED', 'DELETED']);
    expect(events.slice(0, 3).map(({ object }) => object)).toEqual([made, slower, active]);
    expect(Number(events[3]?.object.metadata.resourceVersion)).toBeGreaterThan(
      Number(active.metadata.resourceVersion),
    );
  });

  it('goes on where another watch ended, without gap or repetition', async ({ expect }) => {
    const store = await useStore();
    const names = [uniqueObjectName(), uniqueObjectName(), uniqueObjectName()];
    const { resourceVersion } = await store.list('Function');
    for (const name of names) await store.create(aNewFunction(name));
    const [first] = await takeChanges(
      store.watch('Function', resourceVersion, aSignal()),
      names,
      1,
    );
    const from = first?.object.metadata.resourceVersion ?? '';
    const rest = await takeChanges(store.watch('Function', from, aSignal()), names, 2);
    expect([first, ...rest].map((event) => event?.object.metadata.name)).toEqual(names);
  });

  it('ends normally when its signal aborts', async ({ expect }) => {
    const store = await useStore();
    const { resourceVersion } = await store.list('Function');
    const stop = new AbortController();
    const name = uniqueObjectName();
    const seen = takeChanges(store.watch('Function', resourceVersion, stop.signal), [name], 1);
    stop.abort();
    await expect(seen).resolves.toEqual([]);
  });

  it('tells the end of a finalizer as the deletion', async ({ expect }) => {
    const store = await useStore();
    const made = await store.create(aNewFunction(uniqueObjectName(), { finalizers: [FINALIZER] }));
    const from = made.metadata.resourceVersion;
    await store.delete('Function', made.metadata);
    await store.update<'Function'>(withMetadata(await mustGet(store, made), { finalizers: [] }));
    const events = await takeChanges(
      store.watch('Function', from, aSignal()),
      [made.metadata.name],
      2,
    );
    expect(events.map(({ type }) => type)).toEqual(['MODIFIED', 'DELETED']);
  });
}

function describeAnySequence(useStore: UseStore): void {
  it('ends as the rules say, and a watch sees every write once and in order', async ({
    expect,
  }) => {
    const store = await useStore();
    await fc.assert(
      fc.asyncProperty(storeActions, async (actions) => {
        const names = [uniqueObjectName(), uniqueObjectName(), uniqueObjectName()];
        const model = new ResourceStoreModel(names);
        const client = new StoreClient(store, names);
        const { resourceVersion } = await store.list('Function');
        for (const action of actions) {
          expect([action, await client.apply(action)]).toEqual([action, model.apply(action)]);
        }
        const watched = store.watch('Function', resourceVersion, aSignal());
        const seen = await takeChanges(watched, names, model.changes.length);
        expect(seen.map(observe)).toEqual(model.changes);
      }),
      { numRuns: 50 },
    );
  });
}

function withMetadata(
  object: FunctionResource,
  metadata: Partial<FunctionResource['metadata']>,
): FunctionResource {
  return { ...object, metadata: { ...object.metadata, ...metadata } };
}

async function mustGet(store: ResourceStore, object: FunctionResource): Promise<FunctionResource> {
  const found = await store.get('Function', object.metadata);
  if (found === undefined) throw new Error(`${object.metadata.name} is gone`);
  return found;
}

/** Ends what a failing test would leave running. */
function aSignal(): AbortSignal {
  const controller = new AbortController();
  onTestFinished(() => {
    controller.abort();
  });
  return controller.signal;
}
