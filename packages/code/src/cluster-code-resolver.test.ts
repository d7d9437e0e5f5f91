import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { readdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { FunctionResource, FunctionStatus, ObjectMeta } from '@mayfly/api';
import type { CodeResolution } from '@mayfly/core';
import { aFunction, eventually, useTemporaryFolder } from '@mayfly/testkit';
import { describe, it, onTestFinished } from 'vitest';
import { ClusterCodeResolver, type ClusterCodeResolverDeps } from './cluster-code-resolver.ts';
import { FolderCodeStore } from './folder-code-store.ts';
import { makeRawZip } from './raw-zip-fixture.ts';

const ARCHIVE = makeRawZip([{ name: 'index.js', content: 'exports.handler = 1' }]);
const NEWER = makeRawZip([{ name: 'index.js', content: 'exports.handler = 2' }]);
const LIMITS = { maxUnpackedBytes: 10_000, maxEntries: 50 };

type Zip = NonNullable<FunctionResource['spec']['code']['zip']>;

function digestOf(archive: Uint8Array): string {
  return createHash('sha256').update(archive).digest('base64');
}

function aZipFunction(zip: Zip, overrides: Parameters<typeof aFunction>[0] = {}): FunctionResource {
  return aFunction({ ...overrides, spec: { ...overrides.spec, code: { zip } } });
}

/** A status as the operator before this one left it. */
function servedStatus(archive: Uint8Array, codeSource?: string): FunctionStatus {
  const { code: _code, ...configuration } = aFunction().spec;
  return {
    observedGeneration: 1,
    state: 'Active',
    lastUpdateStatus: 'Successful',
    served: {
      revision: 'r',
      codeSha256: digestOf(archive),
      codeSize: archive.byteLength,
      codeSource,
      configuration,
    },
    conditions: [],
  };
}

interface World {
  readonly resolver: ClusterCodeResolver;
  readonly store: FolderCodeStore;
  /** What is left of what was looked at. */
  readonly listStaged: () => Promise<string[]>;
}

async function useWorld(overrides: Partial<ClusterCodeResolverDeps> = {}): Promise<World> {
  const folder = await useTemporaryFolder();
  const store = new FolderCodeStore(path.join(folder, 'store'));
  const stagingDir = path.join(folder, 'staging');
  const resolver = new ClusterCodeResolver({
    codeStore: store,
    stagingDir,
    images: { resolve: () => Promise.reject(new Error('there are no images')) },
    artefacts: { open: () => Promise.reject(new Error('there are no artefacts')) },
    readConfigMap: () => Promise.resolve(undefined),
    readS3: undefined,
    limits: LIMITS,
    allowLoopback: true,
    ...overrides,
  });
  return { resolver, store, listStaged: () => readdir(stagingDir) };
}

/** A server whose one answer can be changed; counts how often it was asked. */
async function useSource(body: Buffer): Promise<{ url: string; body: Buffer; asked: number }> {
  const source = { url: '', body, asked: 0 };
  const server = createServer((_request, response) => {
    source.asked += 1;
    response.end(source.body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  source.url = `http://127.0.0.1:${(server.address() as AddressInfo).port.toString()}/a.zip`;
  return source;
}

function resolvedTo(archive: Uint8Array): CodeResolution {
  return { kind: 'resolved', codeSha256: digestOf(archive), codeSize: archive.byteLength };
}

describe('code becomes an archive in the store', () => {
  it('from text in the manifest', async ({ expect }) => {
    const { resolver, store } = await useWorld();
    const resolution = await resolver.resolve(aFunction());
    if (resolution.kind === 'refused') throw new Error(resolution.message);
    expect(await store.get(resolution.codeSha256)).toHaveLength(resolution.codeSize);
  });

  it('from a URL', async ({ expect }) => {
    const { url } = await useSource(ARCHIVE);
    const { resolver, store } = await useWorld();
    const fn = aZipFunction({ url, sha256: digestOf(ARCHIVE) });
    expect(await resolver.resolve(fn)).toMatchObject(resolvedTo(ARCHIVE));
    expect(await store.get(digestOf(ARCHIVE))).toEqual(ARCHIVE);
  });

  it('from S3', async ({ expect }) => {
    const asked: unknown[] = [];
    const { resolver } = await useWorld({
      readS3: (object) => {
        asked.push(object);
        return Promise.resolve(Readable.from([ARCHIVE]));
      },
    });
    const s3 = { bucket: 'code', key: 'a.zip', versionId: '7' };
    expect(await resolver.resolve(aZipFunction({ s3 }))).toMatchObject(resolvedTo(ARCHIVE));
    expect(asked).toEqual([s3]);
  });

  it.for([
    ['bytes', { data: {}, binaryData: { 'a.zip': ARCHIVE } }],
    ['base64 text', { data: { 'a.zip': ARCHIVE.toString('base64') }, binaryData: {} }],
  ] as const)('from %s of a ConfigMap', async ([, found], { expect }) => {
    const asked: unknown[] = [];
    const { resolver } = await useWorld({
      readConfigMap: (key) => {
        asked.push(key);
        return Promise.resolve(found);
      },
    });
    const fn = aZipFunction(
      { configMap: { name: 'code', key: 'a.zip' } },
      { metadata: { namespace: 'team-a' } },
    );
    expect(await resolver.resolve(fn)).toMatchObject(resolvedTo(ARCHIVE));
    expect(asked).toEqual([{ namespace: 'team-a', name: 'code' }]);
  });

  it('from the store itself', async ({ expect }) => {
    const { resolver, store } = await useWorld();
    await store.put(ARCHIVE);
    const fn = aZipFunction({ store: digestOf(ARCHIVE) });
    expect(await resolver.resolve(fn)).toMatchObject(resolvedTo(ARCHIVE));
  });
});

describe('code is refused', () => {
  const configMap = { name: 'code', key: 'a.zip' };
  const noMap = (): Promise<undefined> => Promise.resolve(undefined);
  const mapWith =
    (archive: Uint8Array): ClusterCodeResolverDeps['readConfigMap'] =>
    () =>
      Promise.resolve({ data: {}, binaryData: { 'a.zip': archive } });

  it.for([
    [
      { path: './code' },
      'CodeNotFound',
      'Set code.inline, or code.zip with url, s3, configMap, store or oci.',
    ],
    [
      { s3: { bucket: 'code', key: 'a.zip' } },
      'CodeNotFound',
      'No S3-compatible storage is configured for the operator: set codeStore.type to s3 in the chart.',
    ],
    [{ configMap }, 'CodeNotFound', 'There is no ConfigMap code in default.'],
    [
      { store: digestOf(ARCHIVE) },
      'CodeNotFound',
      `The code store has no archive ${digestOf(ARCHIVE)}.`,
    ],
    [{ url: 'http://[' }, 'CodeNotFound', 'The address of the code is no URL.'],
  ] as const)('when there is none: %j', async ([zip, reason, message], { expect }) => {
    const { resolver } = await useWorld({ readConfigMap: noMap });
    expect(await resolver.resolve(aZipFunction(zip))).toEqual({ kind: 'refused', reason, message });
  });

  it('when the ConfigMap has another key', async ({ expect }) => {
    const { resolver } = await useWorld({ readConfigMap: mapWith(ARCHIVE) });
    const fn = aZipFunction({ configMap: { name: 'code', key: 'b.zip' } });
    expect(await resolver.resolve(fn)).toMatchObject({
      reason: 'CodeNotFound',
      message: 'The ConfigMap code has no key b.zip.',
    });
  });

  it('when S3 has no such object', async ({ expect }) => {
    const { resolver } = await useWorld({ readS3: noMap });
    const fn = aZipFunction({ s3: { bucket: 'code', key: 'a.zip' } });
    expect(await resolver.resolve(fn)).toMatchObject({
      reason: 'CodeNotFound',
      message: 'There is no object a.zip in the bucket code.',
    });
  });

  it('when its digest is not the one that was asked for', async ({ expect }) => {
    const { resolver, store } = await useWorld({ readConfigMap: mapWith(NEWER) });
    const fn = aZipFunction({ configMap, sha256: digestOf(ARCHIVE) });
    expect(await resolver.resolve(fn)).toEqual({
      kind: 'refused',
      reason: 'CodeSha256Mismatch',
      message: `The archive has the SHA-256 ${digestOf(NEWER)}, not ${digestOf(ARCHIVE)} as code.zip.sha256 says.`,
    });
    expect(await store.get(digestOf(NEWER))).toBeUndefined();
  });

  it.for([
    ['InvalidZipFile', Buffer.from('no archive')],
    ['InvalidZipFile', makeRawZip([{ name: 'a', flags: 0x801 }])],
    ['UnsafeArchive', makeRawZip([{ name: '../a' }])],
    ['UnsafeArchive', makeRawZip([{ name: 'a', content: '/etc/passwd', mode: 0o120_777 }])],
    ['CodeTooLarge', makeRawZip([{ name: 'bomb', isDeflated: true, content: '0'.repeat(10_001) }])],
    ['UnsafeArchive', makeRawZip(Array.from({ length: 51 }, (_, n) => ({ name: n.toString() })))],
  ] as const)('as %s, and never enters the store', async ([reason, archive], { expect }) => {
    const { resolver, store } = await useWorld({ readConfigMap: mapWith(archive) });
    expect(await resolver.resolve(aZipFunction({ configMap }))).toMatchObject({
      kind: 'refused',
      reason,
    });
    expect(await store.get(digestOf(archive))).toBeUndefined();
  });

  it('when the store has something else under its digest', async ({ expect }) => {
    const { resolver } = await useWorld({
      codeStore: {
        open: () => Promise.resolve({ codeSize: NEWER.length, read: () => Readable.from([NEWER]) }),
        put: () => Promise.reject(new Error('not to be kept')),
        putFile: () => Promise.reject(new Error('not to be kept')),
      },
    });
    expect(await resolver.resolve(aZipFunction({ store: digestOf(ARCHIVE) }))).toEqual({
      kind: 'refused',
      reason: 'CodeSha256Mismatch',
      message: `The archive ${digestOf(ARCHIVE)} in the code store is damaged: it has the SHA-256 ${digestOf(NEWER)}.`,
    });
  });

  it('when nobody answers, with what went wrong', async ({ expect }) => {
    const { resolver } = await useWorld();
    expect(
      await resolver.resolve(aZipFunction({ url: 'http://127.0.0.1:1/a.zip?key=secret' })),
    ).toEqual({
      kind: 'refused',
      reason: 'CodeUnavailable',
      message:
        'The code cannot be read: fetching http://127.0.0.1:1/a.zip: connect ECONNREFUSED 127.0.0.1:1.',
    });
  });

  it('for this time only: the source is asked again', async ({ expect }) => {
    const source = await useSource(Buffer.from('no archive'));
    const { resolver } = await useWorld();
    const fn = aZipFunction({ url: source.url });
    expect(await resolver.resolve(fn)).toMatchObject({ reason: 'InvalidZipFile' });
    source.body = ARCHIVE;
    expect(await resolver.resolve(fn)).toMatchObject(resolvedTo(ARCHIVE));
  });
});

describe('trouble of others than the code', () => {
  it('is thrown: of the API server', async ({ expect }) => {
    const { resolver } = await useWorld({
      readConfigMap: () => Promise.reject(new Error('no API server')),
    });
    const fn = aZipFunction({ configMap: { name: 'code', key: 'a.zip' } });
    await expect(resolver.resolve(fn)).rejects.toThrow('no API server');
  });

  it('is thrown: of the end of the operator', async ({ expect }) => {
    const { url } = await useSource(ARCHIVE);
    const { resolver } = await useWorld();
    const signal = AbortSignal.abort(new Error('the operator ends'));
    await expect(resolver.resolve(aZipFunction({ url }), signal)).rejects.toThrow();
  });
});

describe('archives that are looked at', () => {
  it('leave no files behind, good or bad', async ({ expect }) => {
    const source = await useSource(ARCHIVE);
    const { resolver, listStaged } = await useWorld();
    await resolver.resolve(aZipFunction({ url: source.url }));
    source.body = Buffer.from('no archive');
    await resolver.resolve(aZipFunction({ url: `${source.url}?2` }));
    source.body = Buffer.alloc(LIMITS.maxUnpackedBytes + 1);
    expect(await resolver.resolve(aZipFunction({ url: `${source.url}?3` }))).toMatchObject({
      reason: 'CodeTooLarge',
    });
    expect(await listStaged()).toEqual([]);
  });

  it('are a few at a time, and fewer of one namespace', async ({ expect }) => {
    const answers = new Map<string, () => void>();
    const { resolver } = await useWorld({
      readS3: ({ key }) => {
        const { promise, resolve } = Promise.withResolvers<AsyncIterable<Uint8Array>>();
        answers.set(key, () => {
          resolve(Readable.from([ARCHIVE]));
        });
        return promise;
      },
    });
    const resolveIn = (namespace: string, key: string): Promise<CodeResolution> =>
      resolver.resolve(aZipFunction({ s3: { bucket: 'code', key } }, { metadata: { namespace } }));
    const all = ['a1', 'a2', 'a3', 'b1'].map((key) => resolveIn(key.slice(0, 1), key));
    await eventually(() => {
      expect([...answers.keys()].sort()).toEqual(['a1', 'a2', 'b1']);
    });
    answers.get('a1')?.();
    await eventually(() => {
      expect([...answers.keys()].sort()).toEqual(['a1', 'a2', 'a3', 'b1']);
    });
    for (const answer of answers.values()) answer();
    expect(await Promise.all(all)).toMatchObject(all.map(() => resolvedTo(ARCHIVE)));
  });

  it('are told of before they are in the store', async ({ expect }) => {
    const used: string[] = [];
    const { url } = await useSource(ARCHIVE);
    const { resolver } = await useWorld({ onUse: (codeSha256) => used.push(codeSha256) });
    await resolver.resolve(aZipFunction({ url }));
    expect(used).toEqual([digestOf(ARCHIVE)]);
  });
});

describe('what is remembered', () => {
  it('is read once, also when other fields of the spec change', async ({ expect }) => {
    const source = await useSource(ARCHIVE);
    const { resolver } = await useWorld();
    await resolver.resolve(aZipFunction({ url: source.url }));
    source.body = NEWER;
    const changed = aZipFunction({ url: source.url }, { metadata: { generation: 2 } });
    expect(await resolver.resolve(changed)).toMatchObject(resolvedTo(ARCHIVE));
    expect(source.asked).toBe(1);
  });

  it('is read again when the code is asked for in other words', async ({ expect }) => {
    const source = await useSource(ARCHIVE);
    const { resolver } = await useWorld();
    await resolver.resolve(aZipFunction({ url: source.url }));
    source.body = NEWER;
    const pinned = aZipFunction({ url: source.url, sha256: digestOf(NEWER) });
    expect(await resolver.resolve(pinned)).toMatchObject(resolvedTo(NEWER));
  });

  it('is of one namespace', async ({ expect }) => {
    const { resolver } = await useWorld({
      readConfigMap: ({ namespace }) =>
        Promise.resolve({ data: {}, binaryData: { a: namespace === 'a' ? ARCHIVE : NEWER } }),
    });
    const inNamespace = (namespace: string): Promise<CodeResolution> => {
      const metadata: Partial<ObjectMeta> = { namespace };
      return resolver.resolve(
        aZipFunction({ configMap: { name: 'code', key: 'a' } }, { metadata }),
      );
    };
    expect(await inNamespace('a')).toMatchObject(resolvedTo(ARCHIVE));
    expect(await inNamespace('b')).toMatchObject(resolvedTo(NEWER));
  });

  it('outlives the operator: a new one rolls out nothing by itself', async ({ expect }) => {
    const source = await useSource(NEWER);
    const { resolver } = await useWorld();
    const zip = { url: source.url };
    const status = servedStatus(ARCHIVE, resolver.identify(aZipFunction(zip)));
    const others = { metadata: { generation: 7 }, spec: { timeout: 9 }, status } as const;
    expect(await resolver.resolve(aZipFunction(zip, others))).toMatchObject(resolvedTo(ARCHIVE));
    expect(source.asked).toBe(0);
  });

  it('is not taken from the status of other code', async ({ expect }) => {
    const source = await useSource(NEWER);
    const { resolver } = await useWorld();
    const status = servedStatus(ARCHIVE, resolver.identify(aZipFunction({ url: 'http://other' })));
    const fn = aZipFunction({ url: source.url }, { status });
    expect(await resolver.resolve(fn)).toMatchObject(resolvedTo(NEWER));
  });

  it('is an image, which is looked up once', async ({ expect }) => {
    const image = {
      uri: 'registry.test/app@sha256:1',
      entryPoint: ['/run'],
      command: [],
      workingDirectory: '/',
      pullSecrets: [],
    };
    const asked: string[] = [];
    const { resolver } = await useWorld({
      images: {
        resolve: (_fn, { uri }) => {
          asked.push(uri);
          return Promise.resolve({ codeSha256: '1', codeSize: 0, image });
        },
      },
    });
    const fn = aFunction({ spec: { code: { image: { uri: 'registry.test/app:1' } } } });
    const codeSource = resolver.identify(fn);
    const expected = { kind: 'resolved', codeSha256: '1', codeSize: 0, image, codeSource };
    expect(await resolver.resolve(fn)).toEqual(expected);
    expect(await resolver.resolve(fn)).toEqual(expected);
    expect(asked).toEqual(['registry.test/app:1']);
  });
});

describe('recovering an archive', () => {
  it('takes it from the store', async ({ expect }) => {
    const { resolver, store } = await useWorld();
    await store.put(ARCHIVE);
    const found = await resolver.recover(digestOf(ARCHIVE), undefined);
    expect(await buffer(found.read())).toEqual(ARCHIVE);
  });

  it('takes it from its source when the store has lost it, and puts it back', async ({
    expect,
  }) => {
    const { url } = await useSource(ARCHIVE);
    const { resolver, store } = await useWorld();
    const found = await resolver.recover(digestOf(ARCHIVE), aZipFunction({ url }));
    expect(await buffer(found.read())).toEqual(ARCHIVE);
    expect(await store.get(digestOf(ARCHIVE))).toEqual(ARCHIVE);
  });

  it('rejects when nobody serves it any more', async ({ expect }) => {
    const { resolver } = await useWorld();
    await expect(resolver.recover(digestOf(ARCHIVE), undefined)).rejects.toThrow(
      `finding the archive ${digestOf(ARCHIVE)}: it is not in the code store`,
    );
  });

  it('rejects when its source has other code now, which is then resolved', async ({ expect }) => {
    const { url } = await useSource(NEWER);
    const { resolver } = await useWorld();
    const status = servedStatus(ARCHIVE, resolver.identify(aZipFunction({ url })));
    const fn = aZipFunction({ url }, { status });
    expect(await resolver.resolve(fn)).toMatchObject(resolvedTo(ARCHIVE));
    await expect(resolver.recover(digestOf(ARCHIVE), fn)).rejects.toThrow(
      'it is not in the code store, and its source has changed',
    );
    expect(await resolver.resolve(fn)).toMatchObject(resolvedTo(NEWER));
  });
});
