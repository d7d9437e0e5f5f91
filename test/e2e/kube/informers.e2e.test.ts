import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  connect,
  KubeResourceStore,
  ObjectInformer,
  type KubeApi,
  type KubeObject,
} from '@mayfly/kube';
import { systemClock } from '@mayfly/telemetry';
import { eventually } from '@mayfly/testkit';
import { afterAll, beforeAll, describe, it, onTestFinished } from 'vitest';
import { useApiServerProxy } from './api-server-proxy.ts';

const NAMESPACE = `informers-${randomUUID().slice(0, 8)}`;
const COLLECTION = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
const GROUP = `${NAMESPACE}.test`;
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

interface ConfigMap extends KubeObject {
  readonly data?: { readonly n?: string };
}

const direct = connect();

async function write(
  method: 'POST' | 'PATCH' | 'DELETE',
  name: string,
  change: { readonly test: string; readonly n: string },
): Promise<void> {
  const { test, n } = change;
  const path = method === 'POST' ? COLLECTION : `${COLLECTION}/${name}`;
  const body = { metadata: { name, labels: { test } }, data: { n } };
  const patch = method === 'PATCH' ? ({ patch: 'merge' } as const) : {};
  await direct.call({ method, path, ...patch, ...(method === 'DELETE' ? {} : { body }) });
}

interface Followed {
  readonly informer: ObjectInformer<ConfigMap>;
  /** Every change that was told: `name n`, or `name gone`. */
  readonly changes: string[];
  readonly errors: unknown[];
}

/**
 * A kind that the API server has come to know just now: of the time before it remembers nothing. Of its own kinds it
 * may remember everything since it was started.
 */
async function useYoungKind(): Promise<string> {
  const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } };
  const names = { plural: 'notes', kind: 'Note' };
  const spec = { group: GROUP, scope: 'Namespaced', names, versions: [version] };
  const body = { metadata: { name: `notes.${GROUP}` }, spec };
  await direct.call({ method: 'POST', path: DEFINITIONS, body });
  onTestFinished(async () => {
    await direct.call({ method: 'DELETE', path: `${DEFINITIONS}/notes.${GROUP}` });
  });
  const path = `/apis/${GROUP}/v1/namespaces/${NAMESPACE}/notes`;
  await eventually(() => direct.call({ method: 'GET', path }), { timeoutMs: 20_000 });
  return path;
}

async function useInformer(api: KubeApi, test: string, collection = COLLECTION): Promise<Followed> {
  const errors: unknown[] = [];
  const changes: string[] = [];
  const informer = new ObjectInformer<ConfigMap>({
    api,
    path: collection,
    labelSelector: `test=${test}`,
    clock: systemClock,
    onError: (error) => errors.push(error),
  });
  informer.onChange(({ name }, object) => {
    changes.push(`${name} ${object?.data?.n ?? 'gone'}`);
  });
  const stop = new AbortController();
  onTestFinished(() => {
    stop.abort();
  });
  await informer.start(stop.signal);
  return { informer, changes, errors };
}

beforeAll(async () => {
  const body = { metadata: { name: NAMESPACE } };
  await direct.call({ method: 'POST', path: '/api/v1/namespaces', body });
});

afterAll(async () => {
  await direct.call({ method: 'DELETE', path: `/api/v1/namespaces/${NAMESPACE}` });
});

describe('an informer on a real API server', () => {
  it('whose watch is cut again and again loses no change and tells none twice', async ({
    expect,
  }) => {
    const { api, cut } = await useApiServerProxy();
    const { changes, errors, informer } = await useInformer(api, 'cut');
    const written: string[] = [];
    const state = { isWriting: true };
    const cutting = (async () => {
      while (state.isWriting) {
        cut();
        await pause(150);
      }
    })();
    for (let round = 0; round < 12; round += 1) {
      for (const name of ['a', 'b', 'c']) {
        for (const [method, n] of [
          ['POST', `${String(round)}-made`],
          ['PATCH', `${String(round)}-changed`],
          ['DELETE', 'gone'],
        ] as const) {
          if (method === 'DELETE' && round === 11) continue;
          await write(method, name, { test: 'cut', n });
          written.push(`${name} ${n}`);
        }
      }
    }
    state.isWriting = false;
    await cutting;
    await eventually(
      () => {
        expect(changes.length).toBeGreaterThanOrEqual(written.length);
      },
      { timeoutMs: 20_000 },
    );
    expect(changes).toEqual(written);
    expect(informer.list().map(({ data }) => data?.n)).toEqual(Array(3).fill('11-changed'));
    expect(errors).not.toEqual([]);
  });

  it('whose API server takes its requests and never answers is back when that is', async ({
    expect,
  }) => {
    const deadlines = { callMs: 500, watchAnswerMs: 500, watchSilenceMs: 1000 };
    const { api, cut, swallow, pass } = await useApiServerProxy(deadlines);
    const { changes, errors } = await useInformer(api, 'swallowed');
    swallow();
    await write('POST', 's', { test: 'swallowed', n: '1' });
    await eventually(() => {
      expect(errors.length).toBeGreaterThanOrEqual(2);
    });
    expect(changes).toEqual([]);
    pass();
    cut();
    await eventually(
      () => {
        expect(changes).toEqual(['s 1']);
      },
      { timeoutMs: 15_000 },
    );
  });

  it('whose place has expired lists again', async ({ expect }) => {
    const notes = await useYoungKind();
    const api = connect();
    const open = api.open.bind(api);
    const places: (string | undefined)[] = [];
    // As if the API server had forgotten everything since.
    api.open = (request, signal) => {
      const { resourceVersion } = request.query ?? {};
      places.push(resourceVersion);
      if (places.length > 1) return open(request, signal);
      return open({ ...request, query: { ...request.query, resourceVersion: '1' } }, signal);
    };
    const makeNote = (n: string): object => ({
      apiVersion: `${GROUP}/v1`,
      kind: 'Note',
      metadata: { name: 'e', labels: { test: 'expired' } },
      data: { n },
    });
    await direct.call({ method: 'POST', path: notes, body: makeNote('1') });
    const { changes, errors } = await useInformer(api, 'expired', notes);
    await eventually(() => {
      expect(places).toHaveLength(2);
    });
    const change = { method: 'PATCH', path: `${notes}/e`, patch: 'merge' } as const;
    await direct.call({ ...change, body: makeNote('2') });
    await eventually(() => {
      expect(changes).toEqual(['e 1', 'e 2']);
    });
    expect(errors).toEqual([]);
  });
});

describe('a watch of the store on a real API server', () => {
  it('from a place that has expired says so', async ({ expect }) => {
    const store = new KubeResourceStore({ api: connect() });
    const watch = store.watch('Function', '1', new AbortController().signal);
    await expect(watch[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      name: 'StoreError',
      code: 'Expired',
    });
  });
});
