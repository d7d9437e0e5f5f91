import type { ObjectKey } from '@mayfly/core';
import { eventually } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import { KubeResourceStore } from './kube-resource-store.ts';
import { answerWith, refuseWith, useApiServer, type ApiServer } from './testing/api-server.ts';
import { useCollection } from './testing/collection.ts';

// What the contract suite, which runs on a real API server, cannot bring about.

const SPEC = { runtime: 'nodejs24.x', handler: 'index.handler', code: { inline: 'x' } };

function aFunction(name: string, resourceVersion: string, spec: object = SPEC) {
  return { metadata: { namespace: 'ns', name, resourceVersion }, spec };
}

const UNREADABLE = { runtime: 7 };

function storeOf({ api }: ApiServer): {
  readonly store: KubeResourceStore;
  readonly unreadable: ObjectKey[];
} {
  const unreadable: ObjectKey[] = [];
  const store = new KubeResourceStore({
    api,
    onUnreadable: (_kind, { namespace, name }) => unreadable.push({ namespace, name }),
  });
  return { store, unreadable };
}

describe('an object of the API server', () => {
  it('has its kind and the defaults of this release', async ({ expect }) => {
    const server = await useApiServer();
    server.answer = answerWith({ ...aFunction('f', '1'), status: { state: 'Active' } });
    expect(
      await storeOf(server).store.get('Function', { namespace: 'ns', name: 'f' }),
    ).toMatchObject({
      apiVersion: 'mayfly.dev/v1alpha1',
      kind: 'Function',
      spec: { ...SPEC, memorySize: 128, timeout: 3 },
      status: { state: 'Active', conditions: [] },
    });
  });

  it('that this release cannot read is left out of a list, and told', async ({ expect }) => {
    const server = await useApiServer();
    const items = [aFunction('new', '1', UNREADABLE), aFunction('f', '1')];
    server.answer = answerWith({ metadata: { resourceVersion: '1' }, items });
    const { store, unreadable } = storeOf(server);
    const list = await store.list('Function');
    expect(list.items.map(({ metadata }) => metadata.name)).toEqual(['f']);
    expect(unreadable).toEqual([{ namespace: 'ns', name: 'new' }]);
  });

  it('is listed page by page', async ({ expect }) => {
    const server = await useApiServer();
    server.answer = (response, request) => {
      const isFirst = request.query['continue'] === undefined;
      const page = isFirst
        ? { metadata: { resourceVersion: '4', continue: 'more' }, items: [aFunction('a', '1')] }
        : { metadata: { resourceVersion: '4' }, items: [aFunction('b', '1')] };
      answerWith(page)(response, request);
    };
    const list = await storeOf(server).store.list('Function');
    expect(list.items.map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
    expect(server.requests.map(({ query }) => query)).toEqual([
      { limit: '500' },
      { limit: '500', continue: 'more' },
    ]);
  });
});

describe('a refusal of the API server', () => {
  it.for([
    [404, 'NotFound', 'NotFound'],
    [409, 'AlreadyExists', 'AlreadyExists'],
    [409, 'Conflict', 'Conflict'],
    [422, 'Invalid', 'Invalid'],
    [400, 'BadRequest', 'Invalid'],
    [410, 'Expired', 'Expired'],
    [410, 'Gone', 'Expired'],
    [410, '', 'Expired'],
  ] as const)('%s %s is the StoreError %s', async ([status, reason, code], { expect }) => {
    const server = await useApiServer();
    server.answer = refuseWith(status, reason, 'in its words');
    const { store } = storeOf(server);
    await expect(store.delete('Function', { namespace: 'ns', name: 'f' })).rejects.toMatchObject({
      name: 'StoreError',
      code,
      message: 'in its words',
    });
  });

  it.for([
    [403, 'Forbidden'],
    [429, 'TooManyRequests'],
    [500, 'InternalError'],
    [404, ''],
  ] as const)('%s %s stays what it is', async ([status, reason], { expect }) => {
    const server = await useApiServer();
    server.answer = refuseWith(status, reason);
    const { store } = storeOf(server);
    await expect(store.list('Function')).rejects.toMatchObject({ name: 'KubeError', status });
    // It is not known to be missing, either.
    const getting = store.get('Function', { namespace: 'ns', name: 'f' });
    await expect(getting).rejects.toMatchObject({ name: 'KubeError', status });
  });
});

interface Watching {
  /** `TYPE name`, or `BOOKMARK resourceVersion`. */
  readonly events: string[];
  readonly ended: Promise<unknown>;
  readonly stop: AbortController;
}

function watchFunctions(store: KubeResourceStore): Watching {
  const stop = new AbortController();
  onTestFinished(() => {
    stop.abort();
  });
  const events: string[] = [];
  const read = async (): Promise<void> => {
    for await (const event of store.watch('Function', '1', stop.signal)) {
      const what = event.type === 'BOOKMARK' ? event.resourceVersion : event.object.metadata.name;
      events.push(`${event.type} ${what}`);
    }
  };
  const ended = read().then(
    () => 'normally',
    (error: unknown) => error,
  );
  return { events, ended, stop };
}

describe('a watch of the store', () => {
  it('goes on where it was when its time is over', async ({ expect }) => {
    const collection = await useCollection();
    const { events, ended, stop } = watchFunctions(storeOf(collection).store);
    const first = await collection.watch(0);
    first.send('ADDED', aFunction('a', '2'));
    first.send('BOOKMARK', { metadata: { resourceVersion: '8' } });
    first.end();
    const second = await collection.watch(1);
    expect([first.from, second.from]).toEqual(['1', '8']);
    second.send('DELETED', aFunction('a', '9'));
    await eventually(() => {
      expect(events).toEqual(['ADDED a', 'BOOKMARK 8', 'DELETED a']);
    });
    stop.abort();
    expect(await ended).toBe('normally');
    await eventually(() => {
      expect(collection.countConnections()).toBeLessThanOrEqual(1);
    });
  });

  it('throws when it breaks, and when its place has expired', async ({ expect }) => {
    const collection = await useCollection();
    const { store } = storeOf(collection);
    const broken = watchFunctions(store);
    (await collection.watch(0)).cut();
    expect(await broken.ended).toBeInstanceOf(Error);
    const expired = watchFunctions(store);
    const status = { code: 410, reason: 'Expired', message: 'too old' };
    (await collection.watch(1)).send('ERROR', status);
    expect(await expired.ended).toMatchObject({ name: 'StoreError', code: 'Expired' });
  });

  it('leaves out what cannot be read, but not that it is gone', async ({ expect }) => {
    const collection = await useCollection();
    const { store, unreadable } = storeOf(collection);
    const { events } = watchFunctions(store);
    const watch = await collection.watch(0);
    watch.send('ADDED', aFunction('new', '2', UNREADABLE));
    watch.send('DELETED', aFunction('new', '3', UNREADABLE));
    watch.send('ADDED', aFunction('a', '4'));
    await eventually(() => {
      expect(events).toEqual(['DELETED new', 'ADDED a']);
    });
    expect(unreadable).toHaveLength(2);
  });
});
