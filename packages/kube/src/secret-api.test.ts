import { eventually, FakeClock } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import { SecretApi, type SecretContent } from './secret-api.ts';
import { answerWith, refuseWith, useApiServer } from './testing/api-server.ts';
import { anObject, useCollection, type Collection } from './testing/collection.ts';

const RAW = { metadata: { resourceVersion: '7' }, data: { key: 'AP8=' } } as const;
const CONTENT = { data: { key: Buffer.from([0, 255]) }, resourceVersion: '7' } as const;
const PATH = '/api/v1/namespaces/ns/secrets';

describe('a Secret', () => {
  it('is read in bytes', async ({ expect }) => {
    const server = await useApiServer();
    server.answer = answerWith(RAW);
    expect(await new SecretApi(server.api).get('ns', 's')).toEqual(CONTENT);
    expect(server.requests[0]?.path).toBe(`${PATH}/s`);
  });

  it('without data is empty', async ({ expect }) => {
    const server = await useApiServer();
    server.answer = answerWith({ metadata: RAW.metadata });
    expect(await new SecretApi(server.api).get('ns', 's')).toMatchObject({ data: {} });
  });

  it('that is not there is undefined', async ({ expect }) => {
    const server = await useApiServer();
    server.answer = refuseWith(404, 'NotFound');
    expect(await new SecretApi(server.api).get('ns', 's')).toBeUndefined();
  });

  it('is made and changed in bytes, over nobody', async ({ expect }) => {
    const server = await useApiServer();
    server.answer = answerWith(RAW);
    const secrets = new SecretApi(server.api);
    const key = { namespace: 'ns', name: 's' };
    expect(await secrets.create(key, CONTENT.data)).toEqual(CONTENT);
    expect(await secrets.update({ ...key, resourceVersion: '6' }, CONTENT.data)).toEqual(CONTENT);
    expect(server.requests).toMatchObject([
      { method: 'POST', path: PATH, body: { kind: 'Secret', type: 'Opaque', data: RAW.data } },
      {
        method: 'PATCH',
        path: `${PATH}/s`,
        body: { metadata: { resourceVersion: '6' }, data: RAW.data },
      },
    ]);
  });

  it('cannot name anything but itself', async ({ expect }) => {
    const server = await useApiServer();
    await new SecretApi(server.api).get('ns', '../../other/secrets/s');
    expect(server.requests[0]?.path).toBe(`${PATH}/..%2F..%2Fother%2Fsecrets%2Fs`);
  });
});

describe('a ConfigMap', () => {
  it('is read, text and bytes', async ({ expect }) => {
    const server = await useApiServer();
    server.answer = answerWith({ ...RAW, data: { a: 'b' }, binaryData: RAW.data });
    expect(await new SecretApi(server.api).getConfigMap('ns', 'c')).toEqual({
      data: { a: 'b' },
      binaryData: CONTENT.data,
      resourceVersion: '7',
    });
  });

  it('that is not there is undefined', async ({ expect }) => {
    const server = await useApiServer();
    server.answer = refuseWith(404, 'NotFound');
    expect(await new SecretApi(server.api).getConfigMap('ns', 'c')).toBeUndefined();
  });
});

async function watchSecret(collection: Collection): Promise<(SecretContent | undefined)[]> {
  const stop = new AbortController();
  onTestFinished(() => {
    stop.abort();
  });
  const seen: (SecretContent | undefined)[] = [];
  await new SecretApi(collection.api).watchOne(
    { namespace: 'ns', name: 's' },
    (content) => seen.push(content),
    { signal: stop.signal, clock: new FakeClock(), onError: () => undefined },
  );
  return seen;
}

describe('a Secret that is watched', () => {
  it('is told now and at every change', async ({ expect }) => {
    const collection = await useCollection();
    collection.items = [{ ...anObject('s', '7'), ...{ data: RAW.data } }];
    const seen = await watchSecret(collection);
    expect(seen).toEqual([CONTENT]);
    const watch = await collection.watch(0);
    watch.send('MODIFIED', { ...anObject('s', '8'), data: { key: 'AA==' } });
    watch.send('DELETED', anObject('s', '9'));
    await eventually(() => {
      expect(seen.slice(1)).toEqual([
        { data: { key: Buffer.from([0]) }, resourceVersion: '8' },
        undefined,
      ]);
    });
    // Rules that name one resource allow no more.
    for (const { query } of collection.requests) {
      expect(query['fieldSelector']).toBe('metadata.name=s');
    }
  });

  it('is told to be missing', async ({ expect }) => {
    expect(await watchSecret(await useCollection())).toEqual([undefined]);
  });
});

describe('Secrets that are found by a label', () => {
  it('are told with their annotations, and again when they change or go', async ({ expect }) => {
    const stop = new AbortController();
    onTestFinished(() => {
      stop.abort();
    });
    const collection = await useCollection();
    const { metadata } = anObject('s', '7');
    const annotations = { a: 'b' };
    const creationTimestamp = '2026-01-01T00:00:00Z';
    const labelled = { metadata: { ...metadata, annotations, creationTimestamp }, data: RAW.data };
    collection.items = [labelled];
    const seen: unknown[] = [];
    await new SecretApi(collection.api).watchLabelled(
      { namespace: 'ns', labelSelector: 'l=true' },
      (name, secret) => seen.push([name, secret]),
      { signal: stop.signal, clock: new FakeClock(), onError: () => undefined },
    );
    expect(seen).toEqual([['s', { ...CONTENT, annotations, creationTimestamp }]]);
    (await collection.watch(0)).send('DELETED', anObject('s', '9'));
    await eventually(() => {
      expect(seen.slice(1)).toEqual([['s', undefined]]);
    });
    for (const { path, query } of collection.requests) {
      expect(path).toBe(PATH);
      expect(query['labelSelector']).toBe('l=true');
    }
  });
});
